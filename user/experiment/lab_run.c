// SPDX-License-Identifier: GPL-2.0-or-later
// What each run of a lab leaves behind, and what is measured beside them.
#include "experiment/lab_run.h"

#include <errno.h>
#include <string.h>

#include "experiment/blocks.h"

/* A lab under way. */
struct lab_session {
	const struct lab_request *request;
	struct lab_result *result;
	struct experiment_blocks blocks;
	struct lab_plan plan;
	struct outputs outputs;		/* of programs that are not ours */
};

static int fail(struct lab_session *session, int err, const char *where, const char *what)
{
	return experiment_end__fail(&session->result->end, err, where, what);
}

void lab_result__count(struct lab_result *result, const struct run *run)
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
		err = record__observations(session->blocks.record, all, before);
	if (!run->row.block || run->row.valid != 1) {
		all->count = before;
		return err;
	}
	err = err ? err : observations__of_run(all, run);
	return err ? err : samples__add_run(&session->result->samples, run);
}

static int keep(void *arg, const struct plan_arm *arm, const struct run *run)
{
	struct lab_session *session = arg;
	const char *why = session->blocks.record->why;
	int err = keep_observations(session, run);

	(void)arm;
	lab_result__count(session->result, run);
	if (!err)
		return experiment_blocks__record(&session->blocks, run);
	if (!session->result->end.error[0])
		fail(session, err, run->row.run_id, *why ? why : strerror(-err));
	return err;
}

/* What is measured beside the arms is recorded and kept as theirs is. */
static int measure_beside(void *arg, uint64_t block)
{
	struct lab_session *session = arg;
	const struct lab_request *request = session->request;
	struct record *record = session->blocks.record;
	struct observations *all = &session->result->observations;
	size_t before = all->count;
	int err = 0, record_err;

	if (request->after_block)
		err = request->after_block(request->after_block_arg, block, session->result);
	record_err = record__observations(record, all, before);
	if (!block)
		all->count = before;
	if (record_err)
		return fail(session, record_err, "observations", record->why);
	return err;
}

static int make_plan(struct lab_session *session)
{
	const struct lab_request *request = session->request;
	char *refused = session->result->end.refused;
	int err = request->plan(&request->options, &session->plan, refused,
				sizeof(session->result->end.refused));

	if (!err && session->plan.failed)
		err = -ENOMEM;
	if (err)
		return fail(session, err == -ENOMEM ? err : -EPERM, session->blocks.name,
			    *refused ? refused : strerror(-err));
	return session->plan.count ? 0 : fail(session, -EPERM, session->blocks.name,
					      "nothing to run");
}

/* Programs of others have their output put aside. */
static int open_outputs(struct lab_session *session)
{
	bool external = false;
	int err;

	for (size_t i = 0; i < session->plan.count; i++)
		external |= session->plan.steps[i].external;
	if (!external)
		return 0;
	err = outputs__open(&session->outputs, session->blocks.record->results);
	return err ? fail(session, err, "output", session->outputs.why) : 0;
}

int lab_run(const struct lab_request *request, struct lab_result *result)
{
	struct lab_session session = {
		.request = request,
		.result = result,
		.blocks = request->blocks,
	};
	struct experiment_blocks *blocks = &session.blocks;
	int err;

	*result = (struct lab_result){ 0 };
	blocks->end = &result->end;
	err = make_plan(&session);
	if (!err)
		err = open_outputs(&session);
	blocks->lab = true;
	blocks->arms = session.plan.steps;
	blocks->narms = session.plan.count;
	blocks->outputs = &session.outputs;
	blocks->calls = (struct experiment_calls){ .keep = keep, .after_block = measure_beside };
	blocks->arg = &session;
	if (!err)
		err = experiment_blocks__run(blocks);
	outputs__close(&session.outputs);
	lab_plan__free(&session.plan);
	return err;
}

void lab_result__free(struct lab_result *result)
{
	observations__free(&result->observations);
	samples__free(&result->samples);
}
