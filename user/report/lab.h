/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_lab - what the labs have shown, for people and as JSON.
 */
#ifndef SWITCHTAX_REPORT_LAB_H
#define SWITCHTAX_REPORT_LAB_H

#include <stdio.h>

#include "evidence/claims.h"
#include "evidence/observations.h"
#include "labs/lab.h"

/* The sentence of the lab sheet behind a claim's number; "" if there is none. */
const char *report_lab__sentence(const char *claim);

/* What there is to say of a lab. */
struct report_lab {
	const struct lab *lab;
	struct observations observations;	/* of valid runs, without the warm-up */
	uint64_t runs;
	uint64_t traced_runs;
	uint64_t invalid;
	uint64_t switches_seen;			/* of all traced runs, and ... */
	uint64_t switches_kernel;		/* ... by the kernel's own counters */
	uint64_t blocks;
	const char *stop_reason;
};

/* Its question, verdicts, table of observations, and what the kernel counted. */
void report_lab__one(FILE *out, const struct report_lab *report, const struct claims *claims);

/* All claims, a line each and the reason below. */
void report_lab__scoreboard(FILE *out, const struct claims *claims);

/* The claims as JSON. */
void report_lab__json(FILE *out, const struct claims *claims);

#endif
