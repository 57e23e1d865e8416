/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab - an experiment of the lab sheet as data: what to run, and how to judge what came out.
 *
 * A lab's plan is a list of steps. A block runs each step once (traced, untraced or both) in
 * random order; the judge, which knows nothing of running, looks at the observations of all
 * valid runs and gives a verdict on each of the lab's claims. Each lab is one file.
 */
#ifndef SWITCHTAX_LAB_H
#define SWITCHTAX_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evidence/claims.h"
#include "evidence/observations.h"
#include "evidence/trials.h"
#include "experiment/plan.h"

#define LAB_MAX_CLAIMS 4

/* All that a judge may look at: the observations of valid runs without the warm-up. */
struct lab_evidence {
	const struct observations *observations;
	const struct trials *trials;	/* of the same runs, for verdict.h */
	const struct lab_options *options;
};

/* Options that a lab takes beside the common ones. */
enum {
	LAB_TAKES_WORKERS = 1,
	LAB_TAKES_OBJECTS = 2,
	LAB_TAKES_LOCK = 4,
	LAB_TAKES_INTERVAL = 8,
};

/* What these parameters are in a lab, and their defaults, for --help. NULL: not taken. */
struct lab_help {
	const char *workers;
	const char *objects;
	const char *lock;
	const char *interval_us;
};

/* A number's name as text, for such help. */
#define LAB_TEXT_OF(number) #number
#define LAB_TEXT(number) LAB_TEXT_OF(number)

struct lab {
	const char *name;
	const char *summary;		/* one line for `switchtax list` */
	const char *question;		/* what the report begins with */
	const char *claims[LAB_MAX_CLAIMS + 1];	/* ends with NULL */
	unsigned int takes;
	struct lab_help help;
	uint64_t blocks;		/* measured blocks, unless the budget ends before */
	double budget_s;		/* default; all labs together: under ten minutes */
	bool warm_up;			/* the first block does not count */
	lab_planner *plan;
	/* Adds one row for each claim; what it leaves out is undecided. Returns 0 or -ENOMEM. */
	int (*judge)(const struct lab_evidence *evidence, struct claims *claims);
};

/* All labs in the order of the lab sheet, ended by NULL. */
extern const struct lab *const all_labs[];

/*
 * The verdicts: the judge's, and "undecided" for what it left out. reason NULL, or why nothing
 * could be measured. Returns 0 or -ENOMEM.
 */
int lab__judge(const struct lab *lab, const struct lab_evidence *evidence, const char *reason,
	       struct claims *claims);

/*
 * The usual rule: supported if the whole interval lies above the limit (or below), refuted if it
 * lies on the other side. One value has no interval, and says nothing.
 */
enum claim_verdict lab__above(const struct interval *interval, double limit);
enum claim_verdict lab__below(const struct interval *interval, double limit);

/* The lab of that name, or NULL. */
const struct lab *lab__find(const char *name);

#endif
