/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_trace - one traced run for people: its threads, its switches, its lock. */
#ifndef SWITCHTAX_REPORT_TRACE_H
#define SWITCHTAX_REPORT_TRACE_H

#include <stdio.h>

#include "run/run.h"

struct report_trace {
	const struct run *run;
	const char *program;		/* for people */
	const char *folder;		/* where the files are */
	bool attached;			/* the window began in the middle of things */
	double probe_ns;		/* of watching one acquisition and release; 0: not felt */
};

/* At most 92 columns wide, but for long names. */
void report_trace__text(FILE *out, const struct report_trace *report);

/* The same as JSON. Returns 0 or -ENOMEM. */
int report_trace__json(FILE *out, const struct report_trace *report);

/* The states of its lock, as --format csv prints them. */
void report_trace__csv(FILE *out, const struct run *run);

#endif
