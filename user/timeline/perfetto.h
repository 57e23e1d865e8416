/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_perfetto - a timeline as a trace that ui.perfetto.dev and chrome://tracing open: JSON of
 * the Trace Event Format, gzip-ed.
 */
#ifndef SWITCHTAX_TIMELINE_PERFETTO_H
#define SWITCHTAX_TIMELINE_PERFETTO_H

#include "timeline/intervals.h"

/*
 * Write it to a new file, which appears when it is complete and belongs to who called sudo.
 * Returns 0 or -errno (-EEXIST: there is something of this name), why then holds a line for
 * people; nothing is left behind.
 */
int timeline_perfetto__write(const char *path, const struct timeline *timeline,
			     const struct timeline_intervals *intervals, char *why, size_t why_size);

#endif
