/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab_run - runs a lab's plan in blocks: every step once per block, in random order, until
 * the blocks are done or the budget is used. Every finished run is recorded at once.
 */
#ifndef SWITCHTAX_LAB_RUN_H
#define SWITCHTAX_LAB_RUN_H

#include "experiment/experiment.h"
#include "evidence/observations.h"
#include "experiment/plan.h"
#include "base/progress.h"
#include "record/record.h"
#include "tracer/tracer.h"

struct lab_result;

/* How a lab is to be run. All borrowed. */
struct lab_request {
	const char *name;		/* of the lab, in every file */
	bool warm_up;			/* the first block does not count */
	/* Returns 0, or -errno with why saying what this machine lacks (exit status 3). */
	int (*plan)(const struct lab_options *options, struct lab_plan *plan, char *why,
		    size_t why_size);
	struct lab_options options;
	const struct experiment_options *experiment;	/* cpus, seed, time limit */
	uint64_t blocks;		/* measured blocks */
	uint64_t least_blocks;		/* done even if the budget is exceeded; 0: one */
	double budget_s;
	struct tracer *tracer;		/* NULL: untraced */
	struct record *record;
	struct progress *progress;
	/*
	 * What is measured beside the plan's steps, NULL: nothing. Called at the end of each
	 * block; adds observations. Returns 0, -EINTR or -errno with result->error set.
	 */
	int (*after_block)(void *arg, uint64_t block, struct lab_result *result);
	void *after_block_arg;
	double from;			/* 0..1: where this lab begins on the progress bar */
	double to;
};

struct lab_result {
	struct observations observations;	/* of valid runs, without the warm-up */
	struct samples samples;			/* of the same runs */
	uint64_t runs;
	uint64_t traced_runs;
	uint64_t invalid;
	uint64_t blocks_done;			/* measured ones */
	uint64_t switches_seen;			/* of all traced runs, and ... */
	uint64_t switches_kernel;		/* ... by the kernel's own counters */
	char stop_reason[128];
	char refused[256];			/* not "": what this machine lacks for it */
	char error[EXPERIMENT_ERROR_SIZE];
};

/*
 * Returns 0, -EINTR (interrupted; what was finished is recorded), -EPERM (the machine
 * refuses: see result->refused), -EINVAL (a workload refuses an option: see result->error), or
 * the error of the run or file that failed, with result->error saying more. End with
 * lab_result__free() in every case.
 */
int lab_run(const struct lab_request *request, struct lab_result *result);
void lab_result__free(struct lab_result *result);

#endif
