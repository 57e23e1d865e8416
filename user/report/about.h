/* SPDX-License-Identifier: GPL-2.0-or-later */
/* about - what a report says, and of what. */
#ifndef SWITCHTAX_REPORT_ABOUT_H
#define SWITCHTAX_REPORT_ABOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "verdict/verdict.h"

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

#endif
