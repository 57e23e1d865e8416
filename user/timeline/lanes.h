/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timeline_lanes - a stretch of a timeline as text: a lane a thread, and one of the lock. */
#ifndef SWITCHTAX_TIMELINE_LANES_H
#define SWITCHTAX_TIMELINE_LANES_H

#include <stdio.h>

#include "timeline/intervals.h"

/* About a dozen hand-offs from the middle of the run, or a hundredth of it. */
void timeline_lanes__print(FILE *out, const struct timeline *timeline,
			   const struct timeline_intervals *intervals);

#endif
