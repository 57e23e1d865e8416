/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live_view - what the person has chosen to see of a live view, and what of it there is room
 * for. No terminal here.
 */
#ifndef SWITCHTAX_LIVE_VIEW_H
#define SWITCHTAX_LIVE_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "live/live.h"

/* A smaller screen is not drawn on. */
#define LIVE_MIN_ROWS 10
#define LIVE_MIN_COLUMNS 40

enum live_key {
	LIVE_KEY_NONE, LIVE_KEY_OTHER, LIVE_KEY_CPU, LIVE_KEY_READY, LIVE_KEY_LOCK_WAIT,
	LIVE_KEY_BLOCKED, LIVE_KEY_PAUSE, LIVE_KEY_TOTALS, LIVE_KEY_HELP, LIVE_KEY_UP,
	LIVE_KEY_DOWN, LIVE_KEY_PAGE_UP, LIVE_KEY_PAGE_DOWN, LIVE_KEY_HOME, LIVE_KEY_END,
	LIVE_KEY_REDRAW, LIVE_KEY_QUIT,
};

struct live_view {
	char program[96];		/* "4711 (python3)" */
	char lock[512];			/* its name and where it is, or why none is watched */
	double refresh_s;
	enum live_sort sort;
	bool totals;			/* threads over the whole time, not the last stretch */
	bool help;
	bool paused;
	bool quit;
	size_t offset;			/* of the first thread shown */
};

/* The stretch that the threads are shown of. */
static inline struct live_stretch *live_view__threads(const struct live_view *view,
						      struct live *live)
{
	return view->totals ? &live->whole : &live->last;
}

/* A key was typed; page: rows of threads, of nthreads in all. */
void live_view__key(struct live_view *view, enum live_key key, size_t page, size_t nthreads);

/* Where things are on a screen, by row; a count of 0: it is left out. */
struct live_layout {
	bool too_small;
	int lock_row;			/* after title, lock and rates */
	int lock_rows;			/* 10: heading, a row per state, not seen; 2: one bar */
	int head_row;			/* of the table of threads */
	int thread_row;
	int thread_rows;
	int help_row;
	int help_rows;			/* 1, or with help 3 */
};

struct live_layout live_view__layout(const struct live_view *view, bool has_lock, int rows,
				     int columns);

enum live_column {
	LIVE_TID, LIVE_NAME, LIVE_BAR, LIVE_CPU, LIVE_READY, LIVE_LOCK_WAIT, LIVE_BLOCKED,
	LIVE_UNSEEN, LIVE_SWITCHES, LIVE_HANDOFFS_IN, LIVE_COLUMNS,
};

/*
 * How wide each column of the table is, its blank in front included; 0: left out. What says
 * most stays longest; together they are as wide as the screen, or less.
 */
void live_view__columns(bool has_lock, int columns, int width[LIVE_COLUMNS]);

#endif
