/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live_watch - `attach --live`: looks at a run under way, and shows it until the person quits.
 *
 * The terminal is its own from live_watch__begin() to live_watch__end(); before and after,
 * everything goes there as it always does.
 */
#ifndef SWITCHTAX_LIVE_WATCH_H
#define SWITCHTAX_LIVE_WATCH_H

#include "live/live.h"
#include "live/view.h"
#include "run/run.h"

struct live_watch {
	struct live live;
	struct live_view view;
	uint64_t refresh_ns;
	uint64_t looked_ns;		/* at the run; 0: not yet */
	struct run_onlooker onlooker;	/* for the run's spec */
};

/*
 * Take the terminal over. program: for the title. Returns 0 or -errno, with why saying what to
 * do. End with live_watch__end() in any case.
 */
int live_watch__begin(struct live_watch *watch, const char *program, double refresh_s, char *why,
		      size_t why_size);
void live_watch__end(struct live_watch *watch);

/* Did the person ask to quit? */
bool live_watch__quit(const struct live_watch *watch);

#endif
