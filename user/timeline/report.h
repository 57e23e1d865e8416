/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timeline_report - timelines for people: a list of them, or one in figures and a picture. */
#ifndef SWITCHTAX_TIMELINE_REPORT_H
#define SWITCHTAX_TIMELINE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/format.h"
#include "timeline/intervals.h"

/* The list: what comes before the first, a timeline (a file of that many bytes), the end. */
void timeline_report__begin(FILE *out, enum output_format format);
void timeline_report__line(FILE *out, enum output_format format, const struct timeline *timeline,
			   uint64_t bytes, bool first);
void timeline_report__end(FILE *out, enum output_format format, const char *folder);

/* One run: threads, lock, the longest waits, who hands to whom, and a stretch as lanes. */
void timeline_report__run(FILE *out, const struct timeline *timeline,
			  const struct timeline_intervals *intervals);

#endif
