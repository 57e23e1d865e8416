// SPDX-License-Identifier: GPL-2.0-or-later
// Blocks of a lab: order, budget, and what each run leaves behind.
#include "experiment/lab_run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cpulist.h"
#include "base/interrupt.h"
#include "base/stats.h"
#include "program/workload.h"
#include "run/drive.h"

#define TICK_MS 100

/* What a workload ends with (workloads/): wrong usage, or a machine that refuses. */
#define WORKLOAD_USAGE 2
#define WORKLOAD_REFUSED 3

struct combination {
	const struct lab_step *step;
	bool traced;
};

/* A lab under way. */
struct lab_session {
	const struct lab_request *request;
	struct lab_result *result;
	struct lab_plan *plan;
	struct stats_shuffle shuffle;
	struct outputs outputs;		/* of programs that are not ours */
	bool has_outputs;
	struct combination combinations[2 * LAB_MAX_STEPS];
	int order[2 * LAB_MAX_STEPS];
	int count;
	char one_cpu[16];
	double began_s;
	double block_s;			/* what the last block took */
};

static int fail(struct lab_session *session, int err, const char *where, const char *what)
{
	snprintf(session->result->error, sizeof(session->result->error), "%.4000s: %.500s", where,
		 what);
	return err;
}

static void add_combination(struct lab_session *session, const struct lab_step *step, bool traced)
{
	session->order[session->count] = session->count;
	session->combinations[session->count++] = (struct combination){ step, traced };
}

static void list_combinations(struct lab_session *session)
{
	for (size_t i = 0; i < session->plan->count; i++) {
		const struct lab_step *step = &session->plan->steps[i];

		if (session->request->tracer && step->tracing != LAB_UNTRACED)
			add_combination(session, step, true);
		if (!session->request->tracer || step->tracing != LAB_TRACED)
			add_combination(session, step, false);
	}
}

static uint64_t given(uint64_t value)
{
	return value ? value : COLUMN_MISSING_U64;
}

static void identify(const struct lab_session *session, const struct combination *combination,
		     uint64_t block, uint64_t order, struct run_row *row)
{
	const struct lab_step *step = combination->step;
	const char *name = session->request->name;

	columns__clear(&rows__runs, row);
	row->schema_version = ROWS_SCHEMA_VERSION;
	snprintf(row->run_id, sizeof(row->run_id), "%.12s-%03" PRIu64 "-%02" PRIu64 "-%.24s%s",
		 name, block, order, step->arm, combination->traced ? "-traced" : "");
	columns__set_text(row->experiment, sizeof(row->experiment), name);
	columns__set_text(row->arm, sizeof(row->arm), step->arm);
	row->block = block;
	row->order = order;
	row->workers = given(step->workers);
	row->objects = given(step->objects);
	row->interval_us = given(step->interval_us);
	columns__set_text(row->lock, sizeof(row->lock), step->lock);
	columns__set_text(row->cpus, sizeof(row->cpus),
			  step->one_cpu ? session->one_cpu : session->request->experiment->cpus);
	row->seed = session->request->experiment->seed;
}

static struct run_spec spec_for(const struct lab_session *session,
				const struct combination *combination, const char *path)
{
	const struct lab_step *step = combination->step;
	const struct lab_request *request = session->request;
	struct run_spec spec = {
		.target = {
			.argv = step->args,
			.path = path,
			.search_path = step->external,
			.cpus = step->one_cpu ? session->one_cpu : request->experiment->cpus,
			.own_group = true,
		},
		.announcer = step->external ? NULL : path,
		.own_workload = !step->external,
		.births = step->births,
		.timeout_ms = request->experiment->time_limit_s * 1000,
		.tick_ms = request->progress->shown ? TICK_MS : 0,
		.on_tick = progress__tick,
		.tick_arg = request->progress,
	};

	if (!step->privileged)
		spec.target.user = target__user(!step->external);
	if (step->external) {
		spec.target.stdin_fd = session->outputs.null_fd;
		spec.target.stdout_fd = session->outputs.fds[OUTPUTS_STDOUT];
		spec.target.stderr_fd = session->outputs.fds[OUTPUTS_STDERR];
	}
	return spec;
}

/* A workload that refuses says why; so the reason is the user's, not a failure of ours. */
static int explain_failure(struct lab_session *session, const struct run *run, int err)
{
	fail(session, err, run->row.run_id, run->error);
	if (err != -ECHILD || run->row.exit_status == COLUMN_MISSING_I64)
		return err;
	if (run->row.exit_status == WORKLOAD_USAGE)
		return -EINVAL;
	if (run->row.exit_status != WORKLOAD_REFUSED)
		return err;
	snprintf(session->result->refused, sizeof(session->result->refused), "%.250s", run->error);
	return -EPERM;
}

static int run_workload(struct lab_session *session, const struct combination *combination,
			struct run *run)
{
	char path[PATH_MAX];
	struct run_spec spec;
	int err = workload__find(combination->step->program, path, sizeof(path));

	if (err)
		return fail(session, err, path, "the workload is not there; was it built?");
	spec = spec_for(session, combination, path);
	err = run__once(combination->traced ? session->request->tracer : NULL, &spec, run);
	return err ? explain_failure(session, run, err) : 0;
}

static int run_program(struct lab_session *session, const struct combination *combination,
		       struct run *run)
{
	struct outputs *outputs = &session->outputs;
	int err = outputs__begin(outputs, run->row.run_id);
	struct run_spec spec;

	if (err)
		return fail(session, err, "output", outputs->why);
	spec = spec_for(session, combination, NULL);
	err = run__once(combination->traced ? session->request->tracer : NULL, &spec, run);
	if (err)
		fail(session, err, run->row.run_id, run->error);
	else if (run->row.exit_status)
		err = fail(session, -ECHILD, run->row.run_id, "the program failed");
	outputs__end(outputs, false);
	return err;
}

static void count_run(struct lab_result *result, const struct run *run)
{
	result->runs++;
	result->traced_runs += run->traced;
	result->invalid += run->row.valid != 1;
	for (size_t i = 0; run->traced && i < run->ledger.nthreads; i++) {
		const struct ledger_thread *thread = &run->ledger.threads[i];

		for (int kind = 0; kind < SWITCH_KINDS; kind++) {
			result->switches_seen += thread->switches[kind];
			result->switches_kernel += thread->kernel[kind];
		}
	}
}

/* What the run has shown goes to its file; to the judge only if it counts. */
static int keep_observations(struct lab_session *session, const struct run *run)
{
	struct observations *all = &session->result->observations;
	size_t before = all->count;
	int err = run->output ? observations__parse(all, run->output, run) : 0;

	if (err == -EBADMSG)
		return fail(session, err, run->row.run_id, "its evidence cannot be read");
	if (!err)
		err = record__observations(session->request->record, all, before);
	if (!run->row.block || run->row.valid != 1) {
		all->count = before;
		return err;
	}
	err = err ? err : observations__of_run(all, run);
	return err ? err : samples__add_run(&session->result->samples, run);
}

static int keep(struct lab_session *session, const struct run *run)
{
	struct record *record = session->request->record;
	int err = keep_observations(session, run);

	count_run(session->result, run);
	if (!err)
		err = record__run(record, run);
	if (err && !session->result->error[0])
		fail(session, err, run->row.run_id, *record->why ? record->why : strerror(-err));
	return err;
}

static int one_run(struct lab_session *session, const struct combination *combination,
		   uint64_t block, uint64_t order)
{
	struct run run = { 0 };
	int err;

	identify(session, combination, block, order, &run.row);
	err = combination->step->external ? run_program(session, combination, &run)
					  : run_workload(session, combination, &run);
	if (!err)
		err = keep(session, &run);
	run__free(&run);
	return err;
}

/* How far this lab is, by blocks or by time, whichever ends it first. */
static double share_done(const struct lab_session *session, uint64_t block, int index)
{
	const struct lab_request *request = session->request;
	double first = request->warm_up ? 0 : 1;
	double blocks = (double)request->blocks + 1 - first;
	double by_blocks = ((double)block - first + (double)index / session->count) / blocks;
	double by_time = (clock__now_s() - session->began_s) / request->budget_s;
	double share = by_time > by_blocks ? by_time : by_blocks;

	return share < 1 ? share : 1;
}

static void show(struct lab_session *session, uint64_t block, int index)
{
	const struct lab_request *request = session->request;
	const struct combination *combination = &session->combinations[session->order[index]];
	double share = share_done(session, block, index), width = request->to - request->from;
	double run_s = session->block_s / session->count;
	double left = 1.0 / session->count / (double)(request->blocks + 1);
	char what[96];

	snprintf(what, sizeof(what), "%s: %.40s%s", request->name, combination->step->arm,
		 combination->traced ? " (traced)" : "");
	progress__begin(request->progress, what, request->from + share * width,
			request->from + (share + left < 1 ? share + left : 1) * width, run_s,
			request->budget_s / width);
}

/* What is measured beside the steps is recorded and kept as theirs is. */
static int measure_beside(struct lab_session *session, uint64_t block)
{
	const struct lab_request *request = session->request;
	struct observations *all = &session->result->observations;
	size_t before = all->count;
	int err = 0, record_err;

	if (request->after_block)
		err = request->after_block(request->after_block_arg, block, session->result);
	record_err = record__observations(request->record, all, before);
	if (!block)
		all->count = before;
	if (record_err)
		return fail(session, record_err, "observations", request->record->why);
	return err;
}

static int run_block(struct lab_session *session, uint64_t block)
{
	double start = clock__now_s();
	int err = 0;

	stats__shuffle(&session->shuffle, session->order, (size_t)session->count);
	for (int i = 0; i < session->count && !err; i++) {
		if (interrupt__pending())
			return -EINTR;
		show(session, block, i);
		err = one_run(session, &session->combinations[session->order[i]], block,
			      (uint64_t)i + 1);
	}
	if (!err)
		err = measure_beside(session, block);
	session->block_s = clock__now_s() - start;
	return err;
}

static bool done(struct lab_session *session, uint64_t block)
{
	const struct lab_request *request = session->request;
	char *reason = session->result->stop_reason;
	size_t size = sizeof(session->result->stop_reason);

	if (block >= request->blocks) {
		snprintf(reason, size, "all %" PRIu64 " blocks are done", request->blocks);
		return true;
	}
	if (block < 1 || block < request->least_blocks ||
	    clock__now_s() - session->began_s + session->block_s <= request->budget_s)
		return false;
	snprintf(reason, size, "another block would exceed the budget of %.0f s",
		 request->budget_s);
	return true;
}

/* Block 0 is the warm-up, where there is one. */
static int run_blocks(struct lab_session *session)
{
	int err;

	for (uint64_t block = session->request->warm_up ? 0 : 1;; block++) {
		err = run_block(session, block);
		if (err)
			break;
		session->result->blocks_done = block;
		if (done(session, block))
			break;
	}
	if (err)
		snprintf(session->result->stop_reason, sizeof(session->result->stop_reason),
			 err == -EINTR ? "interrupted" : "a run failed");
	return err;
}

static int make_plan(struct lab_session *session)
{
	const struct lab_request *request = session->request;
	struct lab_result *result = session->result;
	int err = request->plan(&request->options, session->plan, result->refused,
				sizeof(result->refused));

	if (!err && session->plan->failed)
		err = -ENOMEM;
	if (err)
		return fail(session, err == -ENOMEM ? err : -EPERM, request->name,
			    *result->refused ? result->refused : strerror(-err));
	list_combinations(session);
	return session->count ? 0 : fail(session, -EPERM, request->name, "nothing to run");
}

/* Programs of others have their output put aside. */
static int open_outputs(struct lab_session *session)
{
	for (size_t i = 0; i < session->plan->count && !session->has_outputs; i++)
		session->has_outputs = session->plan->steps[i].external;
	if (!session->has_outputs)
		return 0;
	return outputs__open(&session->outputs, session->request->record->results);
}

static int prepare(struct lab_session *session)
{
	const struct lab_request *request = session->request;
	int err = make_plan(session);

	if (err)
		return err;
	snprintf(session->one_cpu, sizeof(session->one_cpu), "%d", request->options.one_cpu);
	err = stats__shuffle_init(&session->shuffle, request->experiment->seed);
	if (err)
		return fail(session, err, request->name, strerror(-err));
	err = open_outputs(session);
	return err ? fail(session, err, "output", session->outputs.why) : 0;
}

int lab_run(const struct lab_request *request, struct lab_result *result)
{
	struct lab_session session = {
		.request = request,
		.result = result,
		.began_s = clock__now_s(),
	};
	int err;

	*result = (struct lab_result){ 0 };
	session.plan = calloc(1, sizeof(*session.plan));
	if (!session.plan)
		return fail(&session, -ENOMEM, request->name, strerror(ENOMEM));
	err = prepare(&session);
	if (!err)
		err = run_blocks(&session);
	if (session.has_outputs)
		outputs__close(&session.outputs);
	stats__shuffle_free(&session.shuffle);
	lab_plan__free(session.plan);
	free(session.plan);
	return err;
}

void lab_result__free(struct lab_result *result)
{
	observations__free(&result->observations);
	samples__free(&result->samples);
}
