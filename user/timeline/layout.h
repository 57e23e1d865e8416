/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timeline_layout - a timeline as intervals: the threads' first, then the lock's track. */
#ifndef SWITCHTAX_TIMELINE_LAYOUT_H
#define SWITCHTAX_TIMELINE_LAYOUT_H

#include "timeline/intervals.h"

/*
 * Returns 0 or -ENOMEM; then there is nothing to free. Where events were lost a thread's time
 * has a gap. Intervals of no length are left out, but those on a CPU: each is a switch.
 */
int timeline_layout__make(const struct timeline *timeline, struct timeline_intervals *intervals);

#endif
