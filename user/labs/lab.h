/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab - an experiment of the lab sheet as data: what to run, and how to judge what came out.
 *
 * A lab's plan is a list of steps. A block runs each step once (traced, untraced or both) in
 * random order; the judge, which knows nothing of running, looks at the observations of all
 * valid runs and gives a verdict on each of the lab's claims. Each lab is one file, lab_NAME.c.
 */
#ifndef SWITCHTAX_LAB_H
#define SWITCHTAX_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evidence/claims.h"
#include "evidence/observations.h"
#include "evidence/trials.h"

#define LAB_MAX_STEPS 96
#define LAB_MAX_ARGS 32
#define LAB_MAX_CLAIMS 4

/* What the command line says; 0 or NULL: nothing, so the lab's own default holds. */
struct lab_options {
	uint64_t workers;
	uint64_t objects;
	uint64_t interval_us;
	const char *lock;
	uint64_t seed;		/* always set */
	unsigned int cpus;	/* always set: number of CPUs that may be used */
	int one_cpu;		/* always set: the CPU for what is to run on one */
	int nice;		/* always set: the nice level that programs start with */
	bool traced;		/* always set: there is a tracer */
};

enum lab_tracing { LAB_TRACED_AND_NOT, LAB_UNTRACED, LAB_TRACED };

/* One program and how it is run. The tracing defaults to both, the rest to what 0 is. */
struct lab_step {
	char arm[ROWS_NAME_SIZE];	/* names the step in every file */
	const char *program;		/* a workload of ours; or a program of others: */
	bool external;			/* found by PATH, prints no report, has no markers */
	enum lab_tracing tracing;
	bool one_cpu;			/* confined to that CPU by us */
	bool privileged;		/* as we are, for policies that only root may set */
	bool births;			/* traced runs see births too (run.h) */
	uint64_t workers;		/* for runs.csv; 0: left empty, here and below */
	uint64_t objects;
	uint64_t interval_us;
	const char *lock;
	char *args[LAB_MAX_ARGS];	/* owned; begins with the program's name */
	size_t nargs;
};

struct lab_plan {
	struct lab_step steps[LAB_MAX_STEPS];
	size_t count;
	bool failed;			/* no memory, or too many steps or arguments */
};

/* All that a judge may look at: the observations of valid runs without the warm-up. */
struct lab_evidence {
	const struct observations *observations;
	const struct samples *samples;	/* of the same runs, for verdict.h */
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
	/* Returns 0, or -errno with why saying what this machine lacks (exit status 3). */
	int (*plan)(const struct lab_options *options, struct lab_plan *plan, char *why,
		    size_t why_size);
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

/* The lab of that name, or NULL. */
const struct lab *lab__find(const char *name);

/* A new step; never NULL, but useless once plan->failed. The arm's name is formatted. */
struct lab_step *lab_plan__step(struct lab_plan *plan, const char *program, const char *arm, ...)
	__attribute__((format(printf, 3, 4)));

/* One more argument, formatted. */
void lab_step__arg(struct lab_plan *plan, struct lab_step *step, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void lab_plan__free(struct lab_plan *plan);

#endif
