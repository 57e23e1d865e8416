/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a workload says on stdout, for the loader (user/program/workload.h, user/evidence/observations.h).
 *
 * "KEY VALUE" is what the run as a whole cost; "obs METRIC VARIANT VALUE UNIT" is one thing that
 * the workload has observed. Names have no blanks; a metric without variants has the variant "-".
 */
#ifndef SWITCHTAX_EVIDENCE_H
#define SWITCHTAX_EVIDENCE_H

#include <stdint.h>

#include "include/announce.h"
#include "kit/usage.h"

/* unit: ns, us, ms, s, bytes, count, ratio (a share is a ratio), per_s, bytes_per_s */
void evidence(const char *metric, const char *variant, double value, const char *unit);

/*
 * The measuring window, as the tracer sees it: from window_open() to window_close(). page is
 * the one lock of the workload, or NULL. window_print() prints what it cost: wall_ns (inside of
 * the window's markers), wall_outer_ns (outside of them) and the kernel's own counts.
 */
struct window {
	const struct announce_lock *page;
	uint64_t began_ns;
	uint64_t outer_ns;
	struct usage before;
	struct usage usage;
};

void window_open(struct window *window, const struct announce_lock *page);
void window_close(struct window *window);
void window_print(const struct window *window);

#endif
