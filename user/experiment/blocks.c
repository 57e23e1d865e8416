// SPDX-License-Identifier: GPL-2.0-or-later
// Blocks, order, and when to stop.
#include "experiment/blocks.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "include/clock.h"
#include "base/interrupt.h"
#include "base/stats.h"
#include "experiment/arm_run.h"

struct combination {
	const struct plan_arm *arm;
	bool traced;
};

/* Blocks under way. */
struct engine {
	const struct experiment_blocks *blocks;
	struct experiment_end *end;
	struct stats_shuffle shuffle;
	struct combination combinations[2 * PLAN_MAX_ARMS];
	int order[2 * PLAN_MAX_ARMS];
	int count;
	char one_cpu[16];
	double began_s;
	double block_s;			/* what the last block took */
};

int experiment_blocks__record(const struct experiment_blocks *blocks, const struct run *run)
{
	int err = record__run(blocks->record, run);

	return err ? experiment_end__fail(blocks->end, err, run->row.run_id, blocks->record->why)
		   : 0;
}

static void add_combination(struct engine *engine, const struct plan_arm *arm, bool traced)
{
	engine->order[engine->count] = engine->count;
	engine->combinations[engine->count++] = (struct combination){ arm, traced };
}

static void list_combinations(struct engine *engine)
{
	bool tracer = engine->blocks->tracer;

	for (size_t i = 0; i < engine->blocks->narms; i++) {
		const struct plan_arm *arm = &engine->blocks->arms[i];

		if (tracer && arm->tracing != LAB_UNTRACED)
			add_combination(engine, arm, true);
		if (!tracer || arm->tracing != LAB_TRACED)
			add_combination(engine, arm, false);
	}
}

static int one_run(struct engine *engine, const struct combination *combination, uint64_t block,
		   uint64_t order)
{
	const struct experiment_blocks *blocks = engine->blocks;
	const struct plan_arm *arm = combination->arm;
	const struct arm_turn turn = {
		.arm = arm,
		.traced = combination->traced,
		.cpus = arm->one_cpu ? engine->one_cpu : blocks->options->cpus,
		.block = block,
		.order = order,
	};
	struct run run = { 0 };
	int err = arm_run(blocks, &turn, &run);

	if (!err)
		err = blocks->calls.keep(blocks->arg, arm, &run);
	engine->end->kept += !err;
	run__free(&run);
	return err;
}

/* Blocks in all, warm-up included, as far as that can be known; 0: it cannot. */
static double expected_blocks(const struct engine *engine)
{
	const struct experiment_blocks *plan = engine->blocks;
	double blocks = plan->blocks ? (double)(plan->blocks + plan->warm_up) : 0;
	double by_budget;

	if (!plan->budget_s || engine->block_s == 0)
		return blocks;
	by_budget = floor(plan->budget_s / engine->block_s);
	return blocks && blocks < by_budget ? blocks : by_budget;
}

/* How far it is after so many blocks, by their number or by time, whichever ends it first. */
static double share_done(const struct engine *engine, double blocks)
{
	double budget_s = engine->blocks->budget_s, expected = expected_blocks(engine);
	double by_blocks = expected > 0 ? blocks / expected : 0;
	double by_time = budget_s > 0 ? (clock_now_s() - engine->began_s) / budget_s : 0;

	return fmin(fmax(by_blocks, by_time), 1);
}

/* made: runs of this block that are over. */
static void show(struct engine *engine, uint64_t block, const struct combination *combination,
		 uint64_t made)
{
	const struct experiment_blocks *plan = engine->blocks;
	double width = plan->to - plan->from, expected = expected_blocks(engine);
	double blocks = (double)block - !plan->warm_up + (double)made / engine->count;
	double share = share_done(engine, blocks);
	double step = expected > 0 ? 1 / (expected * engine->count) : 0;
	double all_s = expected > 0 && engine->block_s > 0 ? expected * engine->block_s :
							      plan->budget_s;
	char what[96];

	if (plan->lab)
		snprintf(what, sizeof(what), "%s: %.40s%s", plan->name, combination->arm->name,
			 combination->traced ? " (traced)" : "");
	else
		snprintf(what, sizeof(what), "%s %" PRIu64 ", %s%s", block ? "block" : "warm-up",
			 block, combination->arm->name, combination->traced ? " (traced)" : "");
	progress__begin(plan->progress, what, plan->from + share * width,
			plan->from + fmin(share + step, 1) * width,
			engine->block_s / engine->count, all_s / width);
}

/* Given up since the warm-up, or not needed for it: the time is better spent on another block. */
static bool left_out(const struct engine *engine, uint64_t block, const struct plan_arm *arm)
{
	return (arm->interval && engine->end->interval_refused) || (!block && arm->measured_only);
}

static int run_block(struct engine *engine, uint64_t block)
{
	const struct experiment_blocks *blocks = engine->blocks;
	double start = clock_now_s();
	uint64_t made = 0;
	int err = 0;

	stats__shuffle(&engine->shuffle, engine->order, (size_t)engine->count);
	for (int i = 0; i < engine->count && !err; i++) {
		const struct combination *combination = &engine->combinations[engine->order[i]];

		if (interrupt__pending())
			return -EINTR;
		if (left_out(engine, block, combination->arm))
			continue;
		show(engine, block, combination, made);
		err = one_run(engine, combination, block, ++made);
	}
	if (!err && blocks->calls.after_block)
		err = blocks->calls.after_block(blocks->arg, block);
	engine->block_s = clock_now_s() - start;
	return err;
}

/* After a block: is there a reason to stop? */
static bool done(struct engine *engine, uint64_t block)
{
	const struct experiment_blocks *plan = engine->blocks;
	char *reason = engine->end->stop_reason;
	size_t size = sizeof(engine->end->stop_reason);

	if (plan->blocks && block >= plan->blocks) {
		snprintf(reason, size, plan->lab ? "all %" PRIu64 " blocks are done" :
			 "the %" PRIu64 " blocks asked for are done", plan->blocks);
		return true;
	}
	if (block < 1 || block < plan->least_blocks)
		return false;
	if (plan->calls.enough && plan->calls.enough(plan->arg, block, reason, size))
		return true;
	if (!plan->budget_s ||
	    clock_now_s() - engine->began_s + engine->block_s <= plan->budget_s)
		return false;
	snprintf(reason, size, "another block would exceed the budget of %.0f s", plan->budget_s);
	return true;
}

static int run_blocks(struct engine *engine)
{
	uint64_t block = engine->blocks->warm_up ? 0 : 1;
	int err;

	for (;; block++) {
		err = run_block(engine, block);
		if (err)
			break;
		engine->end->blocks_done = block;
		if (done(engine, block))
			return 0;
	}
	snprintf(engine->end->stop_reason, sizeof(engine->end->stop_reason),
		 err == -EINTR ? EXPERIMENT_INTERRUPTED : EXPERIMENT_FAILED);
	return err;
}

int experiment_blocks__run(const struct experiment_blocks *blocks)
{
	struct engine engine = {
		.blocks = blocks,
		.end = blocks->end,
		.began_s = clock_now_s(),
	};
	int err = stats__shuffle_init(&engine.shuffle, blocks->options->seed);

	if (err)
		return experiment_end__fail(blocks->end, err, blocks->name, strerror(-err));
	snprintf(engine.one_cpu, sizeof(engine.one_cpu), "%d", blocks->options->parameters.one_cpu);
	list_combinations(&engine);
	if (blocks->calls.before)
		err = blocks->calls.before(blocks->arg);
	if (!err)
		err = run_blocks(&engine);
	stats__shuffle_free(&engine.shuffle);
	return err;
}
