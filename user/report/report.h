/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report - a verdict for people: the answer first, then where it comes from. */
#ifndef SWITCHTAX_REPORT_H
#define SWITCHTAX_REPORT_H

#include <stdio.h>

#include "report/about.h"

/* The report as text, at most 92 columns wide. */
void report__text(FILE *out, const struct report *report);

/* The same as JSON; what could not be computed is null. Returns 0 or -ENOMEM. */
int report__json(FILE *out, const struct report *report);

/* The answer in one sentence, without a newline. Returns what snprintf() returns. */
int report__sentence(char *text, size_t size, const struct report *report);

/* One row of verdict.csv. */
void report__row(const struct verdict *verdict, enum verdict_component component,
		 const char *experiment, struct verdict_row *row);

#endif
