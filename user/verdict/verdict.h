/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict - the answer: how much slower, and what explains it, by which names. The statistics
 * are those of docs/measurement.md. Times are in milliseconds.
 */
#ifndef SWITCHTAX_VERDICT_H
#define SWITCHTAX_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verdict/dose.h"
#include "evidence/trials.h"
#include "base/stats.h"

#define VERDICT_MAX_ARMS 16

/*
 * Which arms stand for what. All strings and the list are borrowed. Arms that are other at
 * another switch interval need not be listed: they are found in the samples.
 */
struct verdict_question {
	const char *base;	/* the others are held against it */
	const char *other;	/* why does this one take longer? */
	const char *memory;	/* other's working set in one thread, no lock; NULL: none */
	const char *one_cpu;	/* other on one CPU */
	const char *const *arms;	/* all, in the order to show them; ends with NULL */
};

/* What one thing costs, measured beside the runs; NAN: not measured. */
struct verdict_prices {
	double lock_operation_ns;	/* one uncontended acquisition and release */
	double switch_ns;		/* one switch from thread to thread, on one CPU */
};

struct verdict_arm {
	char arm[ROWS_NAME_SIZE];
	bool has_lock;			/* a valid run of it has a lock ledger */
	bool late;			/* none has, but one would, had its lock been watched earlier */
	uint64_t interval_us;		/* it is another one at this; 0: it is none such */
	struct interval wall_ms;	/* untraced, or traced if there is nothing else */
	struct interval ratio;		/* to base, pair by pair */
	struct interval to_other;	/* to other, pair by pair */
	struct interval overhead;	/* traced / untraced, pair by pair */
	double cpu_ms;			/* median, of untraced runs if there are any */
	double handoffs;		/* medians; of traced runs where untraced ones have none */
	double switches;
	double faults;
	double max_rss_mb;
};

enum verdict_component {
	/*
	 * The ledger's, as differences other - base of traced runs. SWITCHING to IDLE and
	 * RUNNING add up to TOTAL, block by block.
	 */
	LEDGER_TOTAL,
	LEDGER_SWITCHING,	/* narrow: the next four */
	LEDGER_SIGNAL,		/* waking */
	LEDGER_QUEUE,
	LEDGER_TAKE,
	LEDGER_PREEMPTED_SELF,
	LEDGER_PREEMPTED_OTHER,	/* noise */
	LEDGER_BLOCKED,
	LEDGER_IDLE,
	LEDGER_RUNNING,		/* MEMORY (without a memory arm PAGE_FAULTS) to NOT_EXPLAINED */
	LEDGER_MEMORY,		/* memory - base as below: the next two. Needs a memory arm */
	LEDGER_PAGE_FAULTS,	/* by samples of the running holder */
	LEDGER_WORKING_SET,	/* MEMORY less PAGE_FAULTS. Needs a memory arm */
	LEDGER_LOCK,		/* price x count */
	LEDGER_NOT_EXPLAINED,	/* the rest of RUNNING */
	LEDGER_SWITCH_DIRECT,	/* hand-offs x price of a switch: a prediction, no part */
	/* the ladder's, as differences between neighbouring arms of untraced runs */
	LADDER_TOTAL,
	LADDER_MEMORY,		/* memory - (base - its lock operations) */
	LADDER_ONE_CPU,		/* one_cpu - memory, or without a memory arm one_cpu - base */
	LADDER_ALL_CPUS,	/* other - one_cpu */
	LADDER_LOCK,		/* price x count, other - base */
	LADDER_SWITCHING,	/* ONE_CPU + ALL_CPUS less other's lock operations; with MEMORY
				   and LOCK it adds up to TOTAL. The last two need a memory arm */
	/* by dose and response, of untraced runs, in the blocks that have a line */
	DOSE_TOTAL,
	DOSE_SWITCHING,		/* wide: slope x hand-offs of other */
	DOSE_INDIRECT,		/* SWITCHING less LEDGER_SWITCHING: kernel work, cold caches */
	DOSE_WITHOUT,		/* the intercept: what remains without any hand-off */
	VERDICT_COMPONENTS,
};

struct verdict_part {
	struct interval ms;	/* n == 0: could not be computed */
	struct interval share;	/* of the excess, 1 = all; n == 0: no share is given */
};

struct verdict {
	struct verdict_question question;
	struct verdict_prices prices;
	struct verdict_arm arms[VERDICT_MAX_ARMS];
	size_t narms;
	uint64_t blocks;		/* measured blocks, the warm-up not counted */
	size_t machines;		/* that they come from; each weighs the same */
	uint64_t runs;
	uint64_t invalid;		/* runs that take no part */
	uint64_t disturbed;		/* valid runs that are marked, and take part */
	uint64_t throttled;		/* runs that had used up a CPU quota, for so long in all: */
	double throttled_ms;
	struct interval slowdown;	/* other / base */
	struct interval slowdown_undisturbed;	/* of pairs without a marked run */
	struct interval excess_ms;
	bool slower;			/* the slowdown's interval lies above 1 */
	struct verdict_part parts[VERDICT_COMPONENTS];
	struct dose_fit dose;		/* n == 0: no two blocks have a line */
	struct dose_points points;	/* that it is fitted to; its names are the samples' */
};

/* In every case after verdict__judge(), and before the samples go. */
void verdict__free(struct verdict *verdict);

/*
 * "ledger", "ladder" or "dose", and the component's name as in verdict.csv: a rung is one of
 * switching only where a memory arm has taken everything else out.
 */
const char *verdict__method(enum verdict_component component);
const char *verdict__component(const struct verdict_question *question,
			       enum verdict_component component);

/*
 * The component of the same method that it is a part of, as a number; its own number if it is
 * part of none: the totals, and what is no addend (LEDGER_SWITCH_DIRECT, LADDER_SWITCHING and
 * LADDER_LOCK, which divide the total in another way).
 */
enum verdict_component verdict__parent(const struct verdict_question *question,
				       enum verdict_component component);

/* The arm of that name, or NULL. */
const struct verdict_arm *verdict__arm(const struct verdict *verdict, const char *arm);

#endif
