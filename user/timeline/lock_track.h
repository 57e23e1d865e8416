/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_lock_track - the lock's track: its states one after the other, worked out from who
 * took it when, and from what the threads did meanwhile (docs/measurement.md, the lock ledger).
 */
#ifndef SWITCHTAX_TIMELINE_LOCK_TRACK_H
#define SWITCHTAX_TIMELINE_LOCK_TRACK_H

#include "timeline/intervals.h"

/*
 * Append the lock's track, once the threads' are there: nothing if no lock is known. Gaps
 * between a release that nobody waited for and the same thread's next taking have no events
 * of their own, unless the thread left its CPU meanwhile: they count as held. Returns 0 or
 * -ENOMEM.
 */
int timeline_lock_track__lay_out(const struct timeline *timeline,
				 struct timeline_intervals *intervals);

/* Append the hand-offs. Returns 0 or -ENOMEM. */
int timeline_lock_track__handoffs(const struct timeline *timeline,
				  struct timeline_intervals *intervals);

#endif
