// SPDX-License-Identifier: GPL-2.0-or-later
// What trace and attach have in common.
#include "cli/traced_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/log.h"
#include "cli/conclusion.h"
#include "prices/probe_price.h"
#include "prices/prices.h"
#include "program/target.h"

const struct session_wish traced_run__wish = { .samples = true, .files = { .futexes = true } };

void traced_run__identify(const struct options *options, struct run_row *row)
{
	const char *arm = options->experiment.name;

	columns__clear(&rows__runs, row);
	row->schema_version = ROWS_SCHEMA_VERSION;
	snprintf(row->run_id, sizeof(row->run_id), "001-01-%s-traced", arm);
	columns__set_text(row->experiment, sizeof(row->experiment), arm);
	columns__set_text(row->arm, sizeof(row->arm), arm);
	row->block = 1;
	row->order = 1;
	columns__set_text(row->cpus, sizeof(row->cpus), options->cpus);
}

struct run_spec traced_run__spec(const struct session *session,
				 const struct program_options *program, const char *announcer)
{
	const struct experiment_options *experiment = &program->common.experiment;

	return (struct run_spec){
		.announcer = announcer,
		.lock = program->lock,
		.keep_interrupted = true,
		.symbolizer = session->symbolizer,
		.python_frames = program->python_frames,
		.keep_handoffs = experiment->timeline,
		.timeline = experiment->timeline ? &session->results : NULL,
		.timeout_ms = experiment->time_limit_s * 1000,
	};
}

/* Only where it is felt. */
static int write_price(struct session *session, double probe_ns)
{
	struct price_row row;

	if (probe_ns <= 0)
		return 0;
	columns__clear(&rows__prices, &row);
	columns__set_text(row.price, sizeof(row.price), PRICES_WATCHED);
	columns__set_text(row.variant, sizeof(row.variant), "-");
	row.median_ns = probe_ns;
	return session__write_rows(session, &rows__prices, &row, 1);
}

/* status: a signal is negative (runs.csv). */
static void warn_of_failure(const char *program, int status)
{
	char how[128];

	target__describe(status < 0 ? W_EXITCODE(0, -status) : W_EXITCODE(status, 0), how,
			 sizeof(how));
	log__warn("%s: %s", program, how);
}

enum exit_status traced_run__finish(struct session *session, const struct run *run,
				    const char *program, const char *stop_reason)
{
	const struct run_row *row = &run->row;
	bool failed = row->exit_status && row->exit_status != COLUMN_MISSING_I64;
	int err = record__run(&session->record, run);
	enum exit_status status;

	parameters__text(&session->parameters, "program", program);
	if (err)
		log__error("%s", session->record.why);
	else
		err = write_price(session, probe_price__if_felt(session->tracer, run));
	status = conclusion__draw(session, stop_reason, !err);
	if (err)
		return EXIT_NOT_VALID;
	if (!row->valid)
		log__error("not valid: %s", row->reason);
	if (failed)
		warn_of_failure(program, (int)row->exit_status);
	return failed ? EXIT_NOT_VALID : status;
}
