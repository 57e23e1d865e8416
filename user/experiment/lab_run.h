/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab_run - a lab's plan in blocks, and what its runs have shown: `labs`, `run LAB`, `calibrate`.
 */
#ifndef SWITCHTAX_LAB_RUN_H
#define SWITCHTAX_LAB_RUN_H

#include "evidence/observations.h"
#include "evidence/trials.h"
#include "experiment/plan.h"

struct lab_result;

/* How a lab is to be run. All borrowed. */
struct lab_request {
	/*
	 * The caller's part: name, options, warm_up, blocks, least_blocks, budget_s, tracer,
	 * record, progress, from, to.
	 */
	struct experiment_blocks blocks;
	/* Returns 0, or -errno with why saying what this machine lacks (exit status 3). */
	int (*plan)(const struct lab_options *options, struct lab_plan *plan, char *why,
		    size_t why_size);
	struct lab_options options;
	/*
	 * What is measured beside the plan's arms, NULL: nothing. Called at the end of each
	 * block; adds observations. Returns 0, -EINTR or -errno with result->end.error set.
	 */
	int (*after_block)(void *arg, uint64_t block, struct lab_result *result);
	void *after_block_arg;
};

struct lab_result {
	struct observations observations;	/* of valid runs, without the warm-up */
	struct samples samples;			/* of the same runs */
	uint64_t runs;
	uint64_t traced_runs;
	uint64_t invalid;
	uint64_t switches_seen;			/* of all traced runs, and ... */
	uint64_t switches_kernel;		/* ... by the kernel's own counters */
	struct experiment_end end;
};

/* Returns as experiment_blocks__run(). End with lab_result__free() in every case. */
int lab_run(const struct lab_request *request, struct lab_result *result);
void lab_result__free(struct lab_result *result);

/* One more run, as a judge counts them. */
void lab_result__count(struct lab_result *result, const struct run *run);

#endif
