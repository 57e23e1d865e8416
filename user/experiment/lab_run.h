/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab_run - a lab's plan in blocks: `labs`, `run LAB`, `calibrate`.
 */
#ifndef SWITCHTAX_LAB_RUN_H
#define SWITCHTAX_LAB_RUN_H

#include "evidence/observations.h"
#include "experiment/plan.h"

struct lab_result;

/* How a lab is to be run. All borrowed. */
struct lab_request {
	/*
	 * The caller's part: name, options, warm_up, blocks, least_blocks, budget_s, tracer,
	 * record, progress, from, to.
	 */
	struct experiment_blocks blocks;
	lab_planner *plan;
	struct lab_options options;
	/*
	 * What is measured beside the plan's arms, NULL: nothing. Called at the end of each
	 * block; adds observations. Returns 0, -EINTR or -errno with result->end.error set.
	 */
	int (*after_block)(void *arg, uint64_t block, struct lab_result *result);
	void *after_block_arg;
};

struct lab_result {
	struct observations observations;	/* of this block's valid runs, while it is run */
	uint64_t runs;
	uint64_t invalid;
	struct experiment_end end;
};

/* Returns as experiment_blocks__run(); what the runs have shown is in their record. */
int lab_run(const struct lab_request *request, struct lab_result *result);

#endif
