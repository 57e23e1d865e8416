// SPDX-License-Identifier: GPL-2.0-or-later
// Verdict, report and files of a finished experiment.
#include "cli/conclusion.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/folded.h"
#include "prices/price_runs.h"
#include "report/stacks.h"
#include "verdict/judge.h"

/* What verdict.csv holds. */
static void list_rows(const struct session *session, const struct verdict *verdict,
		      struct verdict_row rows[VERDICT_COMPONENTS])
{
	for (int i = 0; i < VERDICT_COMPONENTS; i++)
		report__row(verdict, i, session->name, &rows[i]);
}

static void complete(struct report *report, const struct session *session,
		     const struct experiment *experiment, const struct verdict *verdict)
{
	report->verdict = verdict;
	report->experiment = session->name;
	report->seed = session->options->experiment.seed;
	report->interval_refused = experiment->end.interval_refused;
	report->stop_reason = experiment->end.stop_reason;
	report->untraced_reason = session->untraced_reason;
	report->folder = session->results.path;
}

static int print(const struct session *session, const struct report *report, const char *text,
		 const struct verdict_row *rows)
{
	switch (session->options->format) {
	case FORMAT_TEXT: fputs(text, stdout); break;
	case FORMAT_JSON: return report__json(stdout, report);
	case FORMAT_CSV: return csv__print(stdout, &rows__verdict, rows, VERDICT_COMPONENTS);
	}
	return 0;
}

static int write_json(struct session *session, const struct report *report)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	int err = memory ? report__json(memory, report) : -errno;

	if (memory)
		fclose(memory);
	if (!err)
		err = session__write(session, "report.json", text, size);
	free(text);
	return err;
}

/* The report goes to its files first: a reader of stdout may go away. */
static int publish(struct session *session, const struct report *report,
		   const struct stack_sums *stacks)
{
	struct verdict_row rows[VERDICT_COMPONENTS];
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	int err;

	if (!memory)
		return -errno;
	report__text(memory, report);
	report_stacks__text(memory, stacks, report->verdict->question.base,
			    report->verdict->question.other);
	fclose(memory);
	list_rows(session, report->verdict, rows);
	err = session__write_rows(session, &rows__verdict, rows, VERDICT_COMPONENTS);
	if (!err)
		err = folded__write(session, stacks, report->verdict->question.base,
				    report->verdict->question.other);
	if (!err)
		err = session__write(session, "report.txt", text, size);
	if (!err)
		err = write_json(session, report);
	if (print(session, report, text, rows))
		err = -ENOMEM;
	free(text);
	return err;
}

/* Returns 0 if there is a verdict and every run behind it is valid. */
static int judge(struct session *session, const struct experiment_plan *plan,
		 const struct experiment *experiment, const struct prices *list,
		 const struct report *about)
{
	const struct prices none = { .count = 0 };
	const struct verdict_prices prices = price_runs__of(list ? list : &none, about->lock);
	struct verdict *verdict = calloc(1, sizeof(*verdict));
	struct report report = *about;
	int err;

	if (!verdict)
		return -ENOMEM;
	err = verdict__judge(&experiment->samples, &plan->question, &prices, verdict);
	if (err && err != -ENODATA)
		log__error("cannot judge: %s", strerror(-err));
	if (!err || (err == -ENODATA && verdict->runs)) {
		complete(&report, session, experiment, verdict);
		err = publish(session, &report, &experiment->stacks);
		if (!err && verdict->invalid)
			err = -EBADMSG;
	}
	verdict__free(verdict);
	free(verdict);
	return err;
}

enum exit_status conclusion__draw(struct session *session, const struct experiment_plan *plan,
				  struct experiment *experiment, const struct prices *prices,
				  const struct report *about, int err)
{
	int verdict_err = 0, prices_err = 0, commit_err;

	if (err && err != -EINTR)
		log__error("%s", experiment->end.error);
	if (!experiment->samples.count) {
		if (err == -EINTR)
			log__info("interrupted before a run was finished; nothing is written");
		session__abandon(session);
		return err == -EINTR ? EXIT_INTERRUPTED : EXIT_NOT_VALID;
	}
	if (prices && prices->count)
		prices_err = session__write_rows(session, &rows__prices, prices->rows,
						 prices->count);
	if (experiment->end.blocks_done)
		verdict_err = judge(session, plan, experiment, prices, about);
	if (err == -EINTR)
		log__info("interrupted; what was finished is in %s", session->results.path);
	commit_err = session__commit(session, experiment->end.stop_reason);
	if (err == -EINTR)
		return EXIT_INTERRUPTED;
	return err || verdict_err || prices_err || commit_err ? EXIT_NOT_VALID : EXIT_MEASURED;
}
