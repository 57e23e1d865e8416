// SPDX-License-Identifier: GPL-2.0-or-later
// What trace and attach have in common.
#include "cli/traced_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "cli/folded.h"
#include "prices/prices.h"
#include "report/stacks.h"

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

/* What a run is told in. */
struct account {
	const struct report_trace *report;
	const struct stack_sums *stacks;
};

/* As a file, and to stdout if that is what is asked for. */
static int publish_as(struct session *session, const struct account *account, bool json)
{
	const struct report_trace *report = account->report;
	const char *name = json ? "report.json" : "report.txt";
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	int err = 0;

	if (!memory)
		return -errno;
	if (json)
		err = report_trace__json(memory, report);
	else
		report_trace__text(memory, report);
	if (!json)
		report_stacks__text(memory, account->stacks, NULL, report->run->row.arm);
	fclose(memory);
	if (!err)
		err = session__write(session, name, text, size);
	if (session->options->format == (json ? FORMAT_JSON : FORMAT_TEXT))
		fputs(text, stdout);
	free(text);
	return err;
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

/* The report goes to its files first: a reader of stdout may go away. */
static int publish(struct session *session, const struct report_trace *report,
		   const struct stack_sums *stacks)
{
	const struct account account = { report, stacks };
	int err = write_price(session, report->probe_ns);

	if (!err)
		err = publish_as(session, &account, false);
	if (!err)
		err = publish_as(session, &account, true);
	if (!err)
		err = folded__write(session, stacks, NULL, report->run->row.arm);
	if (session->options->format == FORMAT_CSV)
		report_trace__csv(stdout, report->run);
	return err;
}

enum exit_status traced_run__finish(struct session *session, const struct report_trace *report,
				    const char *stop_reason)
{
	const struct run_row *row = &report->run->row;
	bool failed = row->exit_status && row->exit_status != COLUMN_MISSING_I64;
	int err = record__run(&session->record, report->run), other;
	struct stack_sums stacks = { 0 };

	parameters__text(&session->parameters, "program", report->program);
	if (err)
		log__error("%s", session->record.why);
	else
		err = stack_sums__add(&stacks, report->run);
	if (!err)
		err = publish(session, report, &stacks);
	stack_sums__free(&stacks);
	other = session__commit(session, stop_reason);
	if (err || other)
		return EXIT_NOT_VALID;
	if (!row->valid)
		log__error("not valid: %s", row->reason);
	if (failed)
		log__warn("%s ended with status %ld", report->program, (long)row->exit_status);
	return row->valid && !failed ? EXIT_MEASURED : EXIT_NOT_VALID;
}
