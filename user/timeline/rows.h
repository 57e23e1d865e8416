/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timeline_rows - the intervals of a timeline, one a row (CSV) or one an object (JSON). */
#ifndef SWITCHTAX_TIMELINE_ROWS_H
#define SWITCHTAX_TIMELINE_ROWS_H

#include <stdio.h>

#include "timeline/intervals.h"

/*
 * Columns: kind (thread, lock, handoff), thread, tid, comm, state, start_ns, end_ns, cpu,
 * from_thread. Times are since the window opened; of a hand-off, when the lock was let go of
 * and when it was taken. thread and tid are as in threads.csv; of the lock, the holder's or
 * the next owner's. Returns 0 or -ENOMEM.
 */
int timeline_rows__csv(FILE *out, const struct timeline *timeline,
		       const struct timeline_intervals *intervals);

/* An object with what is known of the run, and the same rows as objects. */
void timeline_rows__json(FILE *out, const struct timeline *timeline,
			 const struct timeline_intervals *intervals);

#endif
