// SPDX-License-Identifier: GPL-2.0-or-later
// Blocks, order, and when to stop.
#include "experiment/experiment.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/stats.h"
#include "run/drive.h"
#include "verdict/judge.h"

/* Below this, smallest..largest is not a 95 % interval (stats.h). */
#define MIN_BLOCKS_FOR_PRECISION 6

#define TICK_MS 100

struct combination {
	const struct experiment_arm *arm;
	bool traced;
};

/* An experiment under way. */
struct lab {
	const struct experiment_plan *plan;
	const struct experiment_options *options;
	struct tracer *tracer;
	struct record *record;
	struct experiment *experiment;
	struct stats_shuffle shuffle;
	struct progress progress;
	struct combination combinations[2 * VERDICT_MAX_ARMS];
	int order[2 * VERDICT_MAX_ARMS];
	int ncombinations;
	double began_s;
	double block_s;			/* what the last block took */
};

static void list_combinations(struct lab *lab)
{
	for (size_t i = 0; i < lab->plan->narms; i++) {
		const struct experiment_arm *arm = &lab->plan->arms[i];

		if (lab->tracer && !arm->untraced)
			lab->combinations[lab->ncombinations++] =
				(struct combination){ arm, true };
		lab->combinations[lab->ncombinations++] = (struct combination){ arm, false };
	}
	for (int i = 0; i < lab->ncombinations; i++)
		lab->order[i] = i;
}

static void fill_parameters(const struct workload_parameters *parameters, struct run_row *row)
{
	row->workers = parameters->workers;
	row->objects = parameters->objects;
	columns__set_text(row->lock, sizeof(row->lock), parameters->lock);
	row->interval_us = parameters->interval_us;
}

static void identify(const struct lab *lab, const struct combination *combination,
		     uint64_t block, uint64_t order, struct run_row *row)
{
	const struct experiment_arm *arm = combination->arm;

	columns__clear(&rows__runs, row);
	row->schema_version = ROWS_SCHEMA_VERSION;
	snprintf(row->run_id, sizeof(row->run_id), "%03" PRIu64 "-%02" PRIu64 "-%.30s%s", block,
		 order, arm->name, combination->traced ? "-traced" : "");
	columns__set_text(row->experiment, sizeof(row->experiment), lab->options->name);
	columns__set_text(row->arm, sizeof(row->arm), arm->name);
	row->block = block;
	row->order = order;
	if (lab->plan->parameters)
		fill_parameters(lab->plan->parameters, row);
	if (arm->interval_us)
		row->interval_us = arm->interval_us;
	columns__set_text(row->cpus, sizeof(row->cpus), arm->cpus);
	row->seed = lab->options->seed;
}

static int fail(struct lab *lab, int err, const char *where, const char *what)
{
	snprintf(lab->experiment->error, sizeof(lab->experiment->error), "%.4000s: %.500s", where,
		 what);
	return err;
}

/* Of the warm-up always: no verdict uses it, and the report shows a stretch of it. */
static const struct results *timeline_folder(const struct lab *lab, bool traced, uint64_t block)
{
	return traced && (lab->options->timeline || block == 0) ? lab->record->results : NULL;
}

static struct run_spec spec_for(struct lab *lab, const struct combination *combination,
				uint64_t block)
{
	const struct experiment_arm *arm = combination->arm;
	const struct outputs *outputs = lab->plan->outputs;
	struct run_spec spec = {
		.target = {
			.argv = arm->argv,
			.path = arm->path,
			.search_path = !arm->own_workload,
			.cpus = arm->cpus,
			.user = lab->plan->user,
			.own_group = true,
		},
		.announcer = arm->announcer,
		.lock = lab->plan->lock,
		.own_workload = arm->own_workload,
		.keep_handoffs = lab->options->timeline && combination->traced,
		.timeline = timeline_folder(lab, combination->traced, block),
		.symbolizer = lab->plan->symbolizer,
		.python_frames = lab->plan->python_frames,
		.timeout_ms = lab->options->time_limit_s * 1000,
		.tick_ms = lab->progress.shown ? TICK_MS : 0,
		.on_tick = progress__tick,
		.tick_arg = &lab->progress,
	};

	if (!arm->own_workload) {
		spec.target.stdin_fd = outputs->null_fd;
		spec.target.stdout_fd = outputs->fds[OUTPUTS_STDOUT];
		spec.target.stderr_fd = outputs->fds[OUTPUTS_STDERR];
	}
	if (arm->interval) {
		spec.target.inherit_fd = arm->interval->fd;
		spec.target.environment = arm->interval->environment;
	}
	return spec;
}

/* Of a program that failed there is nothing to measure. */
static int check_program(struct lab *lab, const struct experiment_arm *arm, const struct run *run)
{
	int64_t code = run->row.exit_status;
	char how[64], tail[300], what[EXPERIMENT_ERROR_SIZE];

	if (code == 0)
		return 0;
	target__describe(code < 0 ? W_EXITCODE(0, (int)-code) : W_EXITCODE((int)code, 0), how,
			 sizeof(how));
	outputs__tail(lab->plan->outputs, tail, sizeof(tail));
	snprintf(what, sizeof(what), "'%.150s' %s%s%s", arm->command, how, *tail ? ": " : "", tail);
	return fail(lab, -ECHILD, run->row.run_id, what);
}

/* A program without the interval it was meant to have is not the arm it stands for. */
static int check_interval(struct lab *lab, const struct experiment_arm *arm, struct run *run)
{
	if (!arm->interval || switch_interval__acknowledged(arm->interval))
		return 0;
	run->row.valid = 0;
	columns__set_text(run->row.reason, sizeof(run->row.reason),
			  EXPERIMENT_INTERVAL_REASON);
	if (lab->experiment->interval_refused)
		return 0;
	lab->experiment->interval_refused = true;
	progress__clear(&lab->progress);
	log__warn("%s: '%.150s' did not take the switch interval from outside, so the arms with "
		  "one are left out; it is no CPython 3, or started with -I, -E or -S", arm->name,
		  arm->command);
	return 0;
}

/* The report says it where a ledger was to be. */
static void keep_lock_reason(struct lab *lab, const struct experiment_arm *arm,
			     const struct run *run)
{
	const struct verdict_question *question = &lab->plan->question;
	struct experiment *experiment = lab->experiment;

	if (!run->traced)
		return;
	if (strcmp(arm->name, question->base) == 0)
		columns__set_text(experiment->base_lock_why, LOCK_SITES_WHY_SIZE, run->lock.why);
	if (strcmp(arm->name, question->other) == 0)
		columns__set_text(experiment->other_lock_why, LOCK_SITES_WHY_SIZE, run->lock.why);
}

static int run_program(struct lab *lab, const struct combination *combination, struct run *run)
{
	const struct experiment_arm *arm = combination->arm;
	struct outputs *outputs = lab->plan->outputs;
	struct run_spec spec;
	int err = outputs__begin(outputs, run->row.run_id);

	if (err)
		return fail(lab, err, "output", outputs->why);
	if (arm->interval)
		err = switch_interval__forget(arm->interval);
	if (err) {
		fail(lab, err, run->row.run_id, "the switch interval cannot be passed on");
	} else {
		spec = spec_for(lab, combination, run->row.block);
		err = run__once(combination->traced ? lab->tracer : NULL, &spec, run);
		if (err)
			fail(lab, err, run->row.run_id, run->error);
		else
			err = check_program(lab, arm, run);
	}
	if (!err) {
		keep_lock_reason(lab, arm, run);
		err = check_interval(lab, arm, run);
	}
	/* All that a program said before it failed, unless there is nothing else to keep. */
	outputs__end(outputs, !err || (err == -ECHILD && lab->experiment->samples.count));
	return err;
}

static int run_workload(struct lab *lab, const struct combination *combination, struct run *run)
{
	struct run_spec spec = spec_for(lab, combination, run->row.block);
	int err = run__once(combination->traced ? lab->tracer : NULL, &spec, run);

	return err ? fail(lab, err, run->row.run_id, run->error) : 0;
}

static int one_run(struct lab *lab, const struct combination *combination, uint64_t block,
		   uint64_t order)
{
	struct run run = { 0 };
	int err;

	identify(lab, combination, block, order, &run.row);
	err = combination->arm->own_workload ? run_workload(lab, combination, &run)
					     : run_program(lab, combination, &run);
	if (!err) {
		err = record__run(lab->record, &run);
		if (err)
			fail(lab, err, run.row.run_id, lab->record->why);
	}
	if (!err)
		err = samples__add_run(&lab->experiment->samples, &run);
	if (!err)
		err = stack_sums__add(&lab->experiment->stacks, &run);
	run__free(&run);
	return err;
}

/* Blocks in all, warm-up included, as far as that can be known. */
static double expected_blocks(const struct lab *lab)
{
	double blocks = lab->options->blocks ? (double)lab->options->blocks + 1 : 0;
	double by_budget;

	if (!lab->options->budget_s || lab->block_s == 0)
		return blocks;
	by_budget = floor(lab->options->budget_s / lab->block_s);
	return blocks && blocks < by_budget ? blocks : by_budget;
}

/* made: runs of this block that are over. */
static void show(struct lab *lab, uint64_t block, const struct combination *combination,
		 uint64_t made)
{
	double blocks = expected_blocks(lab), run_s = lab->block_s / lab->ncombinations;
	double position = (double)block + (double)made / lab->ncombinations;
	double step = 1.0 / lab->ncombinations;
	char what[96];

	snprintf(what, sizeof(what), "%s %" PRIu64 ", %s%s", block ? "block" : "warm-up", block,
		 combination->arm->name, combination->traced ? " (traced)" : "");
	if (blocks < position + step)
		blocks = position + step;
	progress__begin(&lab->progress, what, position / blocks, (position + step) / blocks, run_s,
			run_s > 0 ? blocks * lab->block_s : lab->options->budget_s);
}

/*
 * Given up in the warm-up, or not needed for it: the other arms warm up the machine, and the time
 * is better spent on another block.
 */
static bool left_out(const struct lab *lab, uint64_t block, const struct experiment_arm *arm)
{
	return (arm->interval && lab->experiment->interval_refused) || (!block && arm->untraced);
}

static int run_block(struct lab *lab, uint64_t block)
{
	double start = clock__now_s();
	uint64_t made = 0;
	int err = 0;

	stats__shuffle(&lab->shuffle, lab->order, (size_t)lab->ncombinations);
	for (int i = 0; i < lab->ncombinations && !err; i++) {
		const struct combination *combination = &lab->combinations[lab->order[i]];

		if (interrupt__pending())
			return -EINTR;
		if (left_out(lab, block, combination->arm))
			continue;
		show(lab, block, combination, made);
		err = one_run(lab, combination, block, ++made);
	}
	lab->block_s = clock__now_s() - start;
	return err;
}

static bool precise_enough(const struct lab *lab, uint64_t block)
{
	struct interval slowdown;

	if (block < MIN_BLOCKS_FOR_PRECISION || lab->options->precision_percent <= 0 ||
	    verdict__slowdown(&lab->experiment->samples, &lab->plan->question,
			      &slowdown))
		return false;
	return (slowdown.high - slowdown.low) / 2 <=
	       slowdown.mid * lab->options->precision_percent / 100;
}

/* After a block: is there a reason to stop? */
static bool done(struct lab *lab, uint64_t block)
{
	const struct experiment_options *options = lab->options;
	char *reason = lab->experiment->stop_reason;
	size_t size = sizeof(lab->experiment->stop_reason);

	if (options->blocks && block >= options->blocks) {
		snprintf(reason, size, "the %" PRIu64 " blocks asked for are done",
			 options->blocks);
		return true;
	}
	if (block < 1)
		return false;
	if (!options->blocks && precise_enough(lab, block)) {
		snprintf(reason, size, "the slowdown is known to +-%.3g %%",
			 options->precision_percent);
		return true;
	}
	if (options->budget_s > 0 &&
	    clock__now_s() - lab->began_s + lab->block_s > options->budget_s) {
		snprintf(reason, size, "another block would exceed the budget of %.0f s",
			 options->budget_s);
		return true;
	}
	return false;
}

static int run_blocks(struct lab *lab)
{
	int err;

	for (uint64_t block = 0;; block++) {
		err = run_block(lab, block);
		if (err)
			break;
		lab->experiment->blocks_done = block;
		if (done(lab, block))
			break;
	}
	if (err)
		snprintf(lab->experiment->stop_reason, sizeof(lab->experiment->stop_reason),
			 err == -EINTR ? "interrupted" : "a run failed");
	return err;
}

static int measure_before(struct lab *lab)
{
	const struct experiment_plan *plan = lab->plan;
	char why[RUN_ERROR_SIZE];
	int err = plan->before ? plan->before(plan->before_arg, why, sizeof(why)) : 0;

	return err ? fail(lab, err, plan->before_what, why) : 0;
}

static int prepare(struct lab *lab)
{
	int err = stats__shuffle_init(&lab->shuffle, lab->options->seed);

	if (err)
		return fail(lab, err, "experiment", strerror(-err));
	list_combinations(lab);
	progress__init(&lab->progress, lab->options->quiet);
	lab->began_s = clock__now_s();
	return measure_before(lab);
}

int experiment__run(const struct experiment_plan *plan, struct tracer *tracer,
		    struct record *record, struct experiment *experiment)
{
	struct lab lab = {
		.plan = plan,
		.options = plan->options,
		.tracer = tracer,
		.record = record,
		.experiment = experiment,
	};
	int err;

	*experiment = (struct experiment){ 0 };
	err = prepare(&lab);
	if (!err)
		err = run_blocks(&lab);
	progress__clear(&lab.progress);
	stats__shuffle_free(&lab.shuffle);
	return err;
}

void experiment__free(struct experiment *experiment)
{
	samples__free(&experiment->samples);
	stack_sums__free(&experiment->stacks);
}
