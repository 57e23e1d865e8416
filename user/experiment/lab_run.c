// SPDX-License-Identifier: GPL-2.0-or-later
// What each run of a lab has observed goes to its file, and what is measured beside them.
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

/* What it says to what is measured beside, it says only if it counts. */
static int record_observations(struct lab_session *session, const struct run *run)
{
	struct observations *block = &session->result->observations;
	size_t before = block->count;
	int err = run->output ? observations__parse(block, run->output, run) : 0;

	if (err == -EBADMSG)
		return fail(session, err, run->row.run_id, "its evidence cannot be read");
	if (!err)
		err = record__observations(session->blocks.record, block, before);
	if (run->row.valid != 1)
		block->count = before;
	return err;
}

static int keep(void *arg, const struct plan_arm *arm, const struct run *run)
{
	struct lab_session *session = arg;
	const char *why = session->blocks.record->why;
	int err = record_observations(session, run);

	(void)arm;
	session->result->runs++;
	session->result->invalid += run->row.valid != 1;
	if (!err)
		return experiment_blocks__record(&session->blocks, run);
	if (!session->result->end.error[0])
		fail(session, err, run->row.run_id, *why ? why : strerror(-err));
	return err;
}

/* What is measured beside the arms is recorded as theirs is. */
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
	all->count = 0;
	if (record_err)
		return fail(session, record_err, "observations", record->why);
	return err;
}

static int make_plan(struct lab_session *session)
{
	const struct lab_request *request = session->request;
	struct lab_plan *plan = &session->plan;
	int err = request->plan(&request->options, plan);

	if (!err && plan->failed)
		err = -ENOMEM;
	columns__set_text(session->result->end.refused, sizeof(session->result->end.refused),
			  plan->why);
	if (err)
		return fail(session, err == -ENOMEM ? err : -EPERM, session->blocks.name,
			    *plan->why ? plan->why : strerror(-err));
	return plan->count ? 0 : fail(session, -EPERM, session->blocks.name,
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
	observations__free(&result->observations);
	lab_plan__free(&session.plan);
	return err;
}
