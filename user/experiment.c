// SPDX-License-Identifier: GPL-2.0-or-later
// Blocks, order, and when to stop.
#include "experiment.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../workloads/task.h"
#include "interrupt.h"
#include "machine.h"
#include "progress.h"
#include "stats.h"

/* An estimate of memory may be off by this much (see workloads/task.c). */
#define MEMORY_MARGIN 1.05
#define MEMORY_BASE (64ULL << 20)

/* Below this, smallest..largest is not a 95 % interval (stats.h). */
#define MIN_BLOCKS_FOR_PRECISION 6

#define TICK_MS 100

struct combination {
	const char *arm;
	bool traced;
};

/* An experiment under way. */
struct lab {
	const struct experiment_options *options;
	struct tracer *tracer;
	struct record *record;
	struct experiment *experiment;
	struct stats_shuffle shuffle;
	struct progress progress;
	struct combination combinations[2 * VERDICT_MAX_ARMS];
	int order[2 * VERDICT_MAX_ARMS];
	int ncombinations;
	struct target_user user;
	char workload[PATH_MAX];
	double began_s;
	double block_s;			/* what the last block took */
};

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool only_sequential(const struct experiment_options *options)
{
	return options->narms == 1 && strcmp(options->arms[0], "sequential") == 0;
}

static double bytes_needed(const struct experiment_options *options, uint64_t objects)
{
	double tasks = only_sequential(options) ? 1 : (double)options->parameters.workers;

	return tasks * (double)task_bytes(objects) * MEMORY_MARGIN + (double)MEMORY_BASE;
}

/* The largest count that fits, in two digits. */
static uint64_t objects_that_fit(const struct experiment_options *options, double available)
{
	double per_object = bytes_needed(options, 2000000) - bytes_needed(options, 1000000);
	double fit = (available - bytes_needed(options, 0)) / (per_object / 1000000);
	double scale;

	if (fit < 1)
		return 0;
	scale = pow(10, floor(log10(fit)) - 1);
	return fit < 10 ? (uint64_t)fit : (uint64_t)(floor(fit / scale) * scale);
}

int experiment__check_memory(const struct experiment_options *options, char *error, size_t size)
{
	double available = (double)machine__available_bytes();
	double needed = bytes_needed(options, options->parameters.objects);

	if (available == 0 || needed <= available)
		return 0;
	snprintf(error, size, "%" PRIu64 " workers with %" PRIu64 " objects each need %.1f GB at once, "
		 "%.1f GB are available; --objects %" PRIu64 " would fit",
		 options->parameters.workers, options->parameters.objects, needed / 1e9,
		 available / 1e9, objects_that_fit(options, available));
	return -ENOMEM;
}

static void list_combinations(struct lab *lab)
{
	for (size_t i = 0; i < lab->options->narms; i++) {
		const char *arm = lab->options->arms[i];

		if (lab->tracer)
			lab->combinations[lab->ncombinations++] =
				(struct combination){ arm, true };
		lab->combinations[lab->ncombinations++] = (struct combination){ arm, false };
	}
	for (int i = 0; i < lab->ncombinations; i++)
		lab->order[i] = i;
}

static void identify(const struct lab *lab, const struct combination *combination,
		     uint64_t block, uint64_t order, struct run_row *row)
{
	const struct experiment_options *options = lab->options;

	columns__clear(&rows__runs, row);
	row->schema_version = ROWS_SCHEMA_VERSION;
	snprintf(row->run_id, sizeof(row->run_id), "%03" PRIu64 "-%02" PRIu64 "-%.30s%s", block,
		 order, combination->arm, combination->traced ? "-traced" : "");
	columns__set_text(row->experiment, sizeof(row->experiment), options->name);
	columns__set_text(row->arm, sizeof(row->arm), combination->arm);
	row->block = block;
	row->order = order;
	row->workers = options->parameters.workers;
	row->objects = options->parameters.objects;
	columns__set_text(row->lock, sizeof(row->lock), options->parameters.lock);
	row->interval_us = options->parameters.interval_us;
	columns__set_text(row->cpus, sizeof(row->cpus), options->cpus);
	row->seed = options->parameters.seed;
}

static int keep_sample(struct lab *lab, const struct run *run)
{
	struct sample sample = sample__from_row(&run->row);

	sample.has_lock = run->ledger.has_lock;
	for (int state = 0; state < LOCK_STATES; state++)
		sample.lock_ms[state] = (double)run->ledger.lock_ns[state] / 1e6;
	return samples__add(&lab->experiment->samples, &sample);
}

static struct run_spec spec_for(struct lab *lab, char **argv)
{
	return (struct run_spec){
		.target = {
			.argv = argv,
			.path = lab->workload,
			.cpus = lab->options->cpus,
			.user = lab->user,
			.own_group = true,
		},
		.announcer = lab->workload,
		.own_workload = true,
		.timeout_ms = lab->options->time_limit_s * 1000,
		.tick_ms = lab->progress.shown ? TICK_MS : 0,
		.on_tick = progress__tick,
		.tick_arg = &lab->progress,
	};
}

static int fail(struct lab *lab, int err, const char *where, const char *what)
{
	snprintf(lab->experiment->error, sizeof(lab->experiment->error), "%.4000s: %.500s", where,
		 what);
	return err;
}

static int run_workload(struct lab *lab, const struct combination *combination, struct run *run)
{
	char **argv = workload__argv(lab->workload, combination->arm, &lab->options->parameters);
	struct run_spec spec = spec_for(lab, argv);
	int err;

	if (!argv)
		return fail(lab, -ENOMEM, combination->arm, "no memory");
	spec.stream_handoffs = lab->options->timeline && combination->traced;
	err = run__once(combination->traced ? lab->tracer : NULL, &spec, run);
	workload__free_argv(argv);
	return err ? fail(lab, err, run->row.run_id, run->error) : 0;
}

static int one_run(struct lab *lab, const struct combination *combination, uint64_t block,
		   uint64_t order)
{
	struct run run = { 0 };
	int err;

	identify(lab, combination, block, order, &run.row);
	err = run_workload(lab, combination, &run);
	if (!err) {
		err = record__run(lab->record, &run);
		if (err)
			fail(lab, err, run.row.run_id, lab->record->why);
	}
	if (!err)
		err = keep_sample(lab, &run);
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

static void show(struct lab *lab, uint64_t block, int index)
{
	const struct combination *combination = &lab->combinations[lab->order[index]];
	double blocks = expected_blocks(lab), run_s = lab->block_s / lab->ncombinations;
	double position = (double)block + (double)index / lab->ncombinations;
	double step = 1.0 / lab->ncombinations;
	char what[96];

	snprintf(what, sizeof(what), "%s %" PRIu64 ", %s%s", block ? "block" : "warm-up", block,
		 combination->arm, combination->traced ? " (traced)" : "");
	if (blocks < position + step)
		blocks = position + step;
	progress__begin(&lab->progress, what, position / blocks, (position + step) / blocks, run_s,
			run_s > 0 ? blocks * lab->block_s : lab->options->budget_s);
}

static int run_block(struct lab *lab, uint64_t block)
{
	double start = now_s();
	int err = 0;

	stats__shuffle(&lab->shuffle, lab->order, (size_t)lab->ncombinations);
	for (int i = 0; i < lab->ncombinations && !err; i++) {
		if (interrupt__pending())
			return -EINTR;
		show(lab, block, i);
		err = one_run(lab, &lab->combinations[lab->order[i]], block, (uint64_t)i + 1);
	}
	lab->block_s = now_s() - start;
	return err;
}

static bool precise_enough(const struct lab *lab, uint64_t block)
{
	struct interval slowdown;

	if (block < MIN_BLOCKS_FOR_PRECISION || lab->options->precision_percent <= 0 ||
	    verdict__slowdown(&lab->experiment->samples, lab->options->seed, &slowdown))
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
		snprintf(reason, size, "the %" PRIu64 " blocks asked for are done", options->blocks);
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
	    now_s() - lab->began_s + lab->block_s > options->budget_s) {
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

/* The price of one acquisition and release, untraced, measured once at the start. */
static int measure_lock(struct lab *lab)
{
	const struct combination combination = { NULL, false };
	char slowdown[PATH_MAX];
	struct run run = { 0 };
	int err;

	memcpy(slowdown, lab->workload, sizeof(slowdown));
	err = workload__find("lockcost", lab->workload, sizeof(lab->workload));
	if (err)
		return fail(lab, err, lab->workload, strerror(-err));
	columns__clear(&rows__runs, &run.row);
	columns__set_text(run.row.run_id, sizeof(run.row.run_id), "lockcost");
	err = run_workload(lab, &combination, &run);
	if (!err && run.pairs)
		lab->experiment->lock_operation_ns = (double)run.row.wall_ns / (double)run.pairs;
	run__free(&run);
	memcpy(lab->workload, slowdown, sizeof(slowdown));
	return err;
}

static int prepare(struct lab *lab)
{
	int err = workload__find(lab->options->name, lab->workload, sizeof(lab->workload));

	if (err)
		return fail(lab, err, lab->workload, err == -ENOENT ?
			    "the workload is not there; run make" : strerror(-err));
	lab->user = target__user(true);
	list_combinations(lab);
	err = stats__shuffle_init(&lab->shuffle, lab->options->seed);
	if (err)
		return fail(lab, err, "experiment", strerror(-err));
	progress__init(&lab->progress, lab->options->quiet);
	lab->began_s = now_s();
	return measure_lock(lab);
}

int experiment__run(const struct experiment_options *options, struct tracer *tracer,
		    struct record *record, struct experiment *experiment)
{
	struct lab lab = {
		.options = options,
		.tracer = tracer,
		.record = record,
		.experiment = experiment,
	};
	int err;

	*experiment = (struct experiment){ .lock_operation_ns = NAN };
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
}
