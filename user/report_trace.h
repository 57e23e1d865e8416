/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_trace - one traced run for people: its threads, its switches, its lock. */
#ifndef SWITCHTAX_REPORT_TRACE_H
#define SWITCHTAX_REPORT_TRACE_H

#include <stdio.h>

#include "run.h"

/* folder: where the files are. At most 92 columns wide, but for long program names. */
void report_trace__text(FILE *out, const struct run *run, const char *program,
			const char *folder);

/* The same as JSON. Returns 0 or -ENOMEM. */
int report_trace__json(FILE *out, const struct run *run);

#endif
