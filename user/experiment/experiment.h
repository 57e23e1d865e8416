/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * experiment - runs in blocks: every block holds each arm once, traced and untraced,
 * in random order; the first block is warm-up (measurement model, section 6).
 *
 * What the arms are is the caller's business: a plan describes them.
 */
#ifndef SWITCHTAX_EXPERIMENT_H
#define SWITCHTAX_EXPERIMENT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program/outputs.h"
#include "program/target.h"
#include "run/run.h"
#include "record/record.h"
#include "evidence/stack_sums.h"
#include "program/switch_interval.h"
#include "tracer/tracer.h"
#include "verdict/verdict.h"
#include "program/workload.h"

/* Why a run is not valid whose program had to be given a switch interval and did not take it. */
#define EXPERIMENT_INTERVAL_REASON "the program did not take the switch interval"

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

/* One arm: a program, and how it runs. Strings are borrowed. */
struct experiment_arm {
	const char *name;
	const char *command;		/* as people know it, for messages */
	char **argv;
	const char *path;		/* file to execute, or argv[0] as found by PATH */
	const char *cpus;		/* NULL: as we are */
	const char *announcer;		/* file with the probe site; NULL: any program */
	bool own_workload;		/* prints a report for us (workload.h) */
	struct switch_interval *interval;	/* to be set from outside; NULL: left alone */
	uint64_t interval_us;		/* for runs.csv; 0: the experiment's */
	bool untraced;			/* is never traced */
};

/* All that an experiment needs to know. */
struct experiment_plan {
	const struct experiment_options *options;
	struct experiment_arm arms[VERDICT_MAX_ARMS];
	size_t narms;
	struct verdict_question question;
	/*
	 * What is measured once, before all runs; NULL: nothing. Returns 0, -EINTR or -errno with
	 * why set; what it is, for people.
	 */
	int (*before)(void *arg, char *why, size_t size);
	void *before_arg;
	const char *before_what;
	const struct workload_parameters *parameters;	/* for runs.csv; NULL: left empty */
	struct target_user user;
	struct lock_wish lock;		/* of programs that do not announce theirs */
	struct outputs *outputs;	/* of programs that are no workloads of ours */
	struct symbolizer *symbolizer;	/* names samples of traced runs; NULL: none are taken */
	bool python_frames;
};

struct experiment {
	struct samples samples;
	struct stack_sums stacks;	/* of the holder's samples */
	uint64_t blocks_done;		/* measured ones */
	char base_lock_why[LOCK_SITES_WHY_SIZE];	/* no lock was found; "": no reason known */
	char other_lock_why[LOCK_SITES_WHY_SIZE];
	bool interval_refused;		/* arms with an interval were left out */
	char stop_reason[128];
	char error[EXPERIMENT_ERROR_SIZE];
};

/*
 * Run it; tracer NULL: untraced runs only. Every finished run is recorded at once.
 * Returns 0, -EINTR (interrupted; what was finished is recorded), or the error of the
 * run or file that failed, with experiment->error saying more; a program that fails is
 * such an error (-ECHILD). End with experiment__free().
 */
int experiment__run(const struct experiment_plan *plan, struct tracer *tracer,
		    struct record *record, struct experiment *experiment);
void experiment__free(struct experiment *experiment);

#endif
