/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan - what an experiment runs, as data: arms, each a program with its arguments; how it runs
 * them in blocks; and what the command line says to whoever makes them.
 */
#ifndef SWITCHTAX_PLAN_H
#define SWITCHTAX_PLAN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/progress.h"
#include "program/outputs.h"
#include "program/switch_interval.h"
#include "program/workload.h"
#include "record/record.h"
#include "run/run.h"
#include "tracer/tracer.h"
#include "verdict/verdict.h"

#define PLAN_MAX_ARMS 96

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
struct plan_arm {
	char name[ROWS_NAME_SIZE];	/* in every file */
	const char *program;		/* a workload of ours, by its name */
	bool external;			/* a program of others: prints no report for us */
	const char *path;		/* file to execute; NULL: of the workload, or found by PATH */
	const char *command;		/* of an external one, as people know it; NULL: no matter */
	bool announces;			/* an external one that has our markers all the same */
	struct switch_interval *interval;	/* to be set from outside; NULL: left alone */
	enum lab_tracing tracing;
	bool measured_only;		/* not in the warm-up: the other arms warm up the machine */
	bool one_cpu;			/* confined to that CPU by us */
	bool privileged;		/* as we are, for policies that only root may set */
	bool births;			/* traced runs see births too (run.h) */
	uint64_t workers;		/* for runs.csv; 0: left empty, here and below */
	uint64_t objects;
	uint64_t interval_us;
	const char *lock;
	char **args;			/* begins with the program's name, ends with NULL */
	size_t nargs;
};

/* Why a run is not valid whose program had to be given a switch interval and did not take it. */
#define EXPERIMENT_INTERVAL_REASON "the program did not take the switch interval"

/* Why blocks were broken off, as a stop reason. */
#define EXPERIMENT_INTERRUPTED "interrupted"
#define EXPERIMENT_FAILED "a run failed"

/* Room for a path and what a run says. */
#define EXPERIMENT_ERROR_SIZE (PATH_MAX + RUN_ERROR_SIZE)

/* As asked for on the command line. */
struct experiment_options {
	const char *name;		/* of the experiment */
	struct workload_parameters parameters;
	const char *arms[VERDICT_MAX_ARMS];
	size_t narms;
	uint64_t blocks;		/* measured blocks; 0: by precision and budget */
	double budget_s;		/* 0: none */
	double precision_percent;	/* half the slowdown's interval, of the slowdown */
	uint64_t seed;			/* of the order of runs */
	const char *cpus;		/* NULL: as we are */
	uint64_t time_limit_s;		/* of one run */
	bool timeline;
	bool quiet;
};

/* What became of the blocks. */
struct experiment_end {
	uint64_t blocks_done;		/* measured ones */
	uint64_t kept;			/* runs, the warm-up's too */
	bool interval_refused;		/* arms with an interval were left out */
	char stop_reason[128];
	char refused[256];		/* not "": what this machine lacks for it */
	char error[EXPERIMENT_ERROR_SIZE];
};

/* What is asked of the caller; NULL: nothing. All return 0, -EINTR or -errno with end->error. */
struct experiment_calls {
	/* Once, before all runs; its time is part of the budget. */
	int (*before)(void *arg);
	/* The run is over: record it (experiment_blocks__record()) and keep what it has shown. */
	int (*keep)(void *arg, const struct plan_arm *arm, const struct run *run);
	/* What is measured beside the arms, at the end of a block. */
	int (*after_block)(void *arg, uint64_t block);
	/* The stop rule beside blocks and budget: true, with the reason, if enough is known. */
	bool (*enough)(void *arg, uint64_t block, char *reason, size_t size);
};

/* How to run, and what. All borrowed. */
struct experiment_blocks {
	const char *name;		/* of the experiment, in every file */
	/*
	 * One of several in its folder: run_id begins with its name, and neither what programs
	 * print nor a timeline is kept.
	 */
	bool lab;
	const struct experiment_options *options;	/* cpus, seed, time limit, timeline */
	const struct plan_arm *arms;
	size_t narms;
	bool warm_up;			/* the first block does not count */
	uint64_t blocks;		/* measured ones at most; 0: as the rest says */
	uint64_t least_blocks;		/* done even if the budget is exceeded; 0: one */
	double budget_s;		/* 0: none */
	struct tracer *tracer;		/* NULL: untraced */
	struct record *record;
	struct progress *progress;
	double from;			/* 0..1: where it begins on the progress bar */
	double to;
	struct outputs *outputs;	/* of programs that are no workloads of ours */
	struct lock_wish lock;		/* of programs that do not announce theirs */
	struct symbolizer *symbolizer;	/* names samples of traced runs; NULL: none are taken */
	bool python_frames;
	struct experiment_calls calls;
	void *arg;
	struct experiment_end *end;	/* filled in */
};

/* Arms that are made one by one, and own their arguments. */
struct lab_plan {
	struct plan_arm steps[PLAN_MAX_ARMS];
	size_t count;
	bool failed;			/* no memory, or too many arms */
	char why[256];			/* this machine cannot run it */
};

/* Makes a plan. Returns 0, or -errno with plan->why saying what is lacking (exit status 3). */
typedef int lab_planner(const struct lab_options *options, struct lab_plan *plan);

/* A new arm; never NULL, but useless once plan->failed. Its name is formatted. */
struct plan_arm *lab_plan__step(struct lab_plan *plan, const char *program, const char *arm, ...)
	__attribute__((format(printf, 3, 4)));

/* More arguments, formatted, with a blank between each two: "--workers=%lu --what sleep". */
void lab_step__args(struct lab_plan *plan, struct plan_arm *step, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* One more, which may have blanks. */
void lab_step__arg(struct lab_plan *plan, struct plan_arm *step, const char *arg);

void lab_plan__free(struct lab_plan *plan);

/* Say in end->error where it failed and why; returns err. */
int experiment_end__fail(struct experiment_end *end, int err, const char *where,
			 const char *what);

#endif
