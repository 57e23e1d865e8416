/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict - from runs to the answer: how much slower, and what explains it.
 *
 * Pure arithmetic over samples. Pairs are formed inside a block; block 0 is the
 * warm-up and invalid runs take no part. Definitions: measurement model, sections 5
 * (lines of evidence) and 6 (statistics). Times are in milliseconds here.
 */
#ifndef SWITCHTAX_VERDICT_H
#define SWITCHTAX_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "samples.h"
#include "stats.h"

#define VERDICT_MAX_ARMS 16

struct verdict_arm {
	char arm[ROWS_NAME_SIZE];
	struct interval wall_ms;	/* untraced, or traced if there is nothing else */
	struct interval ratio;		/* to sequential, pair by pair */
	struct interval overhead;	/* traced / untraced, pair by pair */
	double handoffs;		/* medians */
	double switches;
	double faults;
	double max_rss_mb;
};

enum verdict_component {
	/* the ledger's, as differences threads - sequential of traced runs; they add up */
	LEDGER_TOTAL,
	LEDGER_SWITCHING,	/* narrow: the next four */
	LEDGER_SIGNAL,
	LEDGER_QUEUE,
	LEDGER_TAKE,
	LEDGER_PREEMPTED_SELF,
	LEDGER_PREEMPTED_OTHER,
	LEDGER_BLOCKED,
	LEDGER_IDLE,
	LEDGER_RUNNING,		/* the next two */
	LEDGER_MEMORY,		/* of it, what interleaved - sequential shows, as below */
	LEDGER_NOT_EXPLAINED,
	/* the ladder's, as differences between neighbouring arms of untraced runs */
	LADDER_TOTAL,
	LADDER_MEMORY,		/* interleaved - (sequential - its lock operations) */
	LADDER_ONE_CPU,		/* threads-1cpu - interleaved */
	LADDER_ALL_CPUS,	/* threads - threads-1cpu */
	LADDER_LOCK,		/* price x count, threads - sequential */
	LADDER_SWITCHING,	/* ONE_CPU + ALL_CPUS less threads' lock operations; with MEMORY
				   and LOCK it adds up to TOTAL */
	VERDICT_COMPONENTS,
};

struct verdict_part {
	struct interval ms;	/* n == 0: could not be computed */
	struct interval share;	/* of the excess, 1 = all; n == 0: no share is given */
};

struct verdict {
	struct verdict_arm arms[VERDICT_MAX_ARMS];
	size_t narms;
	uint64_t blocks;		/* measured blocks, the warm-up not counted */
	uint64_t runs;
	uint64_t invalid;		/* runs that take no part */
	struct interval slowdown;	/* threads / sequential */
	struct interval excess_ms;
	bool slower;			/* the slowdown's interval lies above 1 */
	struct verdict_part parts[VERDICT_COMPONENTS];
};

/*
 * Judge. lock_operation_ns is the price of one uncontended acquisition and release,
 * NAN if it was not measured. Returns 0, -ENODATA if no pair of sequential and threads
 * is valid, or -ENOMEM.
 */
int verdict__judge(const struct samples *samples, double lock_operation_ns, uint64_t seed,
		   struct verdict *verdict);

/* "ledger" or "ladder", and the component's name as in verdict.csv. */
const char *verdict__method(enum verdict_component component);
const char *verdict__component(enum verdict_component component);

/*
 * The slowdown alone, for the stopping rule: median and interval of threads over
 * sequential in untraced (else traced) pairs. Returns 0, -ENODATA or -ENOMEM.
 */
int verdict__slowdown(const struct samples *samples, uint64_t seed, struct interval *slowdown);

#endif
