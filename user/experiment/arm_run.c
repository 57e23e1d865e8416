// SPDX-License-Identifier: GPL-2.0-or-later
// One run of one arm: who it is, how it is started, and whether it is the run that was meant.
#include "experiment/arm_run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/log.h"
#include "run/drive.h"

#define TICK_MS 100

/* What a workload ends with (workloads/): wrong usage, or a machine that refuses. */
#define WORKLOAD_USAGE 2
#define WORKLOAD_REFUSED 3

static int fail(const struct experiment_blocks *blocks, int err, const struct run *run,
		const char *what)
{
	return experiment_end__fail(blocks->end, err, run->row.run_id, what);
}

static void name_run(const struct experiment_blocks *blocks, const struct arm_turn *turn,
		     char *name, size_t size)
{
	const char *traced = turn->traced ? "-traced" : "";

	if (blocks->lab)
		snprintf(name, size, "%.12s-%03" PRIu64 "-%02" PRIu64 "-%.24s%s", blocks->name,
			 turn->block, turn->order, turn->arm->name, traced);
	else
		snprintf(name, size, "%03" PRIu64 "-%02" PRIu64 "-%.30s%s", turn->block,
			 turn->order, turn->arm->name, traced);
}

static uint64_t given(uint64_t value)
{
	return value ? value : COLUMN_MISSING_U64;
}

static void identify(const struct experiment_blocks *blocks, const struct arm_turn *turn,
		     struct run_row *row)
{
	const struct plan_arm *arm = turn->arm;

	columns__clear(&rows__runs, row);
	row->schema_version = ROWS_SCHEMA_VERSION;
	name_run(blocks, turn, row->run_id, sizeof(row->run_id));
	columns__set_text(row->experiment, sizeof(row->experiment), blocks->name);
	columns__set_text(row->arm, sizeof(row->arm), arm->name);
	row->block = turn->block;
	row->order = turn->order;
	row->workers = given(arm->workers);
	row->objects = given(arm->objects);
	row->interval_us = given(arm->interval_us);
	columns__set_text(row->lock, sizeof(row->lock), arm->lock);
	columns__set_text(row->cpus, sizeof(row->cpus), turn->cpus);
	row->seed = blocks->options->seed;
}

/* Of the warm-up always: no verdict uses it, and the report shows a stretch of it. */
static const struct results *timeline_folder(const struct experiment_blocks *blocks,
					     const struct arm_turn *turn)
{
	if (blocks->lab || !turn->traced || (turn->block && !blocks->options->timeline))
		return NULL;
	return blocks->record->results;
}

static struct target_config target_of(const struct experiment_blocks *blocks,
				      const struct arm_turn *turn, const char *path)
{
	const struct plan_arm *arm = turn->arm;
	const struct outputs *outputs = blocks->outputs;
	struct target_config target = {
		.argv = arm->args,
		.path = path,
		.search_path = arm->external,
		.cpus = turn->cpus,
		.own_group = true,
	};

	if (!arm->privileged)
		target.user = target_user__find(!arm->external);
	if (arm->external) {
		target.stdin_fd = outputs->null_fd;
		target.stdout_fd = outputs->fds[OUTPUTS_STDOUT];
		target.stderr_fd = outputs->fds[OUTPUTS_STDERR];
	}
	if (arm->interval) {
		target.inherit_fd = arm->interval->fd;
		target.environment = arm->interval->environment;
	}
	return target;
}

static int run_once(const struct experiment_blocks *blocks, const struct arm_turn *turn,
		    const char *path, struct run *run)
{
	const struct plan_arm *arm = turn->arm;
	const struct run_spec spec = {
		.target = target_of(blocks, turn, path),
		.announcer = !arm->external || arm->announces ? path : NULL,
		.lock = blocks->lock,
		.own_workload = !arm->external,
		.births = arm->births,
		.keep_handoffs = blocks->options->timeline && turn->traced,
		.timeline = timeline_folder(blocks, turn),
		.symbolizer = blocks->symbolizer,
		.python_frames = blocks->python_frames,
		.timeout_ms = blocks->options->time_limit_s * 1000,
		.tick_ms = blocks->progress->shown ? TICK_MS : 0,
		.on_tick = progress__tick,
		.tick_arg = blocks->progress,
	};

	return run__once(turn->traced ? blocks->tracer : NULL, &spec, run);
}

/* A workload that refuses says why; so the reason is the user's, not a failure of ours. */
static int explain_failure(const struct experiment_blocks *blocks, const struct run *run, int err)
{
	fail(blocks, err, run, run->error);
	if (err != -ECHILD || run->row.exit_status == COLUMN_MISSING_I64)
		return err;
	if (run->row.exit_status == WORKLOAD_USAGE)
		return -EINVAL;
	if (run->row.exit_status != WORKLOAD_REFUSED)
		return err;
	snprintf(blocks->end->refused, sizeof(blocks->end->refused), "%.250s", run->error);
	return -EPERM;
}

static int run_workload(const struct experiment_blocks *blocks, const struct arm_turn *turn,
			struct run *run)
{
	const char *path = turn->arm->path;
	char found[PATH_MAX];
	int err = path ? 0 : workload__find(turn->arm->program, found, sizeof(found));

	if (err)
		return experiment_end__fail(blocks->end, err, found,
					    "the workload is not there; was it built?");
	err = run_once(blocks, turn, path ? path : found, run);
	return err ? explain_failure(blocks, run, err) : 0;
}

/* Of a program that failed there is nothing to measure. */
static int check_program(const struct experiment_blocks *blocks, const struct plan_arm *arm,
			 const struct run *run)
{
	int64_t code = run->row.exit_status;
	char how[64], tail[300], what[EXPERIMENT_ERROR_SIZE];

	if (code == 0)
		return 0;
	if (!arm->command)
		return fail(blocks, -ECHILD, run, "the program failed");
	target__describe(code < 0 ? W_EXITCODE(0, (int)-code) : W_EXITCODE((int)code, 0), how,
			 sizeof(how));
	outputs__tail(blocks->outputs, tail, sizeof(tail));
	snprintf(what, sizeof(what), "'%.150s' %s%s%s", arm->command, how, *tail ? ": " : "", tail);
	return fail(blocks, -ECHILD, run, what);
}

/* A program without the interval it was meant to have is not the arm it stands for. */
static void check_interval(const struct experiment_blocks *blocks, const struct plan_arm *arm,
			   struct run *run)
{
	if (!arm->interval || switch_interval__acknowledged(arm->interval))
		return;
	run->row.valid = 0;
	columns__set_text(run->row.reason, sizeof(run->row.reason), EXPERIMENT_INTERVAL_REASON);
	if (blocks->end->interval_refused)
		return;
	blocks->end->interval_refused = true;
	progress__clear(blocks->progress);
	log__warn("%s: '%.150s' did not take the switch interval from outside, so the arms with "
		  "one are left out; it is no CPython 3, or started with -I, -E or -S", arm->name,
		  arm->command);
}

static int run_program(const struct experiment_blocks *blocks, const struct arm_turn *turn,
		       struct run *run)
{
	const struct plan_arm *arm = turn->arm;
	struct outputs *outputs = blocks->outputs;
	int err = outputs__begin(outputs, run->row.run_id);

	if (err)
		return experiment_end__fail(blocks->end, err, "output", outputs->why);
	if (arm->interval)
		err = switch_interval__forget(arm->interval);
	if (err) {
		fail(blocks, err, run, "the switch interval cannot be passed on");
	} else {
		err = run_once(blocks, turn, arm->path, run);
		if (err)
			fail(blocks, err, run, run->error);
		else
			err = check_program(blocks, arm, run);
	}
	if (!err)
		check_interval(blocks, arm, run);
	/* All that a program said before it failed, unless there is nothing else to keep. */
	outputs__end(outputs, !blocks->lab && (!err || (err == -ECHILD && blocks->end->kept)));
	return err;
}


int arm_run(const struct experiment_blocks *blocks, const struct arm_turn *turn, struct run *run)
{
	identify(blocks, turn, &run->row);
	return turn->arm->external ? run_program(blocks, turn, run) :
				     run_workload(blocks, turn, run);
}
