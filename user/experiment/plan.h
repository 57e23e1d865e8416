/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan - what an experiment runs, as data: programs with their arguments, each a step, and what
 * the command line says to whoever makes the steps.
 *
 * A block runs each step once (traced, untraced or both) in random order.
 */
#ifndef SWITCHTAX_PLAN_H
#define SWITCHTAX_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/rows.h"

#define LAB_MAX_STEPS 96
#define LAB_MAX_ARGS 32

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

/* A new step; never NULL, but useless once plan->failed. The arm's name is formatted. */
struct lab_step *lab_plan__step(struct lab_plan *plan, const char *program, const char *arm, ...)
	__attribute__((format(printf, 3, 4)));

/* One more argument, formatted. */
void lab_step__arg(struct lab_plan *plan, struct lab_step *step, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void lab_plan__free(struct lab_plan *plan);

#endif
