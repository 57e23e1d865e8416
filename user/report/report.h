/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report - a verdict for people: the answer first, then where it comes from. */
#ifndef SWITCHTAX_REPORT_H
#define SWITCHTAX_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "verdict/judge.h"

/* The two command lines of a comparison, as they were given. */
struct report_comparison {
	const char *base;
	const char *other;
	const char *base_lock_why;	/* no lock was found; "": no reason known */
	const char *other_lock_why;
};

struct report_machines;

/* What a report says besides the verdict. Strings are borrowed. */
struct report {
	const struct verdict *verdict;
	const char *experiment;		/* its name */
	const struct report_machines *machines;		/* NULL: of one machine */
	const struct report_comparison *comparison;	/* NULL: of our own workloads */
	const char *lock;
	uint64_t workers;
	uint64_t objects;
	uint64_t interval_us;
	uint64_t seed;
	bool interval_refused;		/* arms with an interval were left out */
	bool programs_printed;		/* and it was kept */
	const char *stop_reason;
	const char *untraced_reason;	/* NULL: runs were traced */
	const char *folder;
};

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
