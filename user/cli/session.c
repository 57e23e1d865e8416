// SPDX-License-Identifier: GPL-2.0-or-later
// Opens and closes what an experiment needs, in the right order.
#include "cli/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/environment.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "machine/machine.h"
#include "report/page.h"

/* A machine that cannot trace is not an experiment that went wrong. */
static enum exit_status open_tracer(struct session *session)
{
	enum session_untraced untraced = session->wish->untraced;
	char why[1024];
	int err;

	if (!session->options->bpf) {
		session->untraced_reason = "--no-bpf";
		log__info("--no-bpf: nothing is traced, only times are measured");
		return EXIT_MEASURED;
	}
	err = tracer__open(&session->tracer, session->options->btf, why, sizeof(why));
	if (!err)
		return EXIT_MEASURED;
	if (err == -ENOSYS && untraced >= UNTRACED_BY_BUILD) {
		session->untraced_reason = "this switchtax was built without BPF";
		log__warn("%s; going on with untraced runs", why);
		return EXIT_MEASURED;
	}
	if (untraced == UNTRACED_ANYWAY) {
		session->untraced_reason = "this machine cannot trace, or not for this user";
		log__warn("cannot trace: %s; going on with the prices that need no probe", why);
		return EXIT_MEASURED;
	}
	log__error("cannot trace: %s%s", why, untraced == UNTRACED_NEVER ?
		   "" : "; --no-bpf measures times without tracing");
	return EXIT_CANNOT_MEASURE;
}

static enum exit_status open_results(struct session *session)
{
	const struct options *options = session->options;
	struct record_wish files = session->wish->files;
	char why[PATH_MAX + 256];
	int err = results__create(&session->results, options->output, session->name, why,
				  sizeof(why));

	if (err) {
		log__error("%s", why);
		return EXIT_USAGE;
	}
	files.handoffs = options->experiment.timeline;
	files.stacks = session->symbolizer != NULL;
	err = record__open(&session->record, &session->results, &files);
	if (!err)
		return EXIT_MEASURED;
	log__error("%s", session->record.why);
	results__discard_if_empty(&session->results);
	results__close(&session->results);
	return EXIT_NOT_VALID;
}

enum exit_status session__open(struct session *session, const struct options *options,
			       const struct session_wish *wish)
{
	enum exit_status status;

	*session = (struct session){ .options = options, .name = options->experiment.name,
				     .wish = wish, .started = time(NULL) };
	parameters__text(&session->parameters, "cpus", options->experiment.cpus);
	status = open_tracer(session);
	if (status != EXIT_MEASURED)
		return status;
	/* Without memory for names there are no samples, and everything else goes on. */
	if (session->tracer && wish->samples && options->samples &&
	    symbolizer__open(&session->symbolizer))
		log__warn("no memory to name samples; none are taken");
	status = open_results(session);
	if (status != EXIT_MEASURED) {
		symbolizer__close(session->symbolizer);
		tracer__close(session->tracer);
	}
	return status;
}

static int written(const struct session *session, const char *name, int err)
{
	char why[PATH_MAX + 256];

	if (!err)
		return 0;
	results__explain(&session->results, name, err, why, sizeof(why));
	log__error("%s", why);
	return err;
}

int session__write(struct session *session, const char *name, const char *text, size_t size)
{
	return written(session, name, results__write_text(&session->results, name, text, size));
}

int session__write_rows(struct session *session, const struct table *table, const void *rows,
			size_t count)
{
	struct csv csv;
	int err = csv__open(&csv, session->results.dirfd, table->file, table);

	for (size_t i = 0; i < count && !err; i++) {
		err = csv__append(&csv, (const char *)rows + i * table->row_size);
		if (err)
			csv__abandon(&csv);
	}
	if (!err)
		err = csv__commit(&csv);
	return written(session, table->file, err);
}

void session__note(struct session *session, const char *object, const char *name,
		   const char *text)
{
	size_t i = session->nnotes;

	if (i == SESSION_MAX_NOTES)
		return;
	snprintf(session->note_names[i], sizeof(session->note_names[i]), "%s", name);
	snprintf(session->note_texts[i], sizeof(session->note_texts[i]), "%s", text);
	session->notes[i] = (struct environment_note){ object, session->note_names[i],
						       session->note_texts[i] };
	session->nnotes++;
}

int session__write_environment(struct session *session, const char *stop_reason)
{
	struct machine machine;
	struct environment environment = {
		.version = SWITCHTAX_VERSION,
		.started = session->started,
		.argc = session->options->argc,
		.argv = session->options->argv,
		.experiment = session->name,
		.parameters = session->parameters.items,
		.nparameters = session->parameters.count,
		.seed = session->options->experiment.seed,
		.machine = &machine,
		.bpf = session->tracer != NULL,
		.bpf_reason = session->untraced_reason,
		.stop_reason = stop_reason,
		.notes = session->notes,
		.nnotes = session->nnotes,
	};
	char *text;
	int err;

	machine__read(&machine);
	text = environment__json(&environment);
	if (!text)
		return -ENOMEM;
	err = session__write(session, "environment.json", text, strlen(text));
	free(text);
	return err;
}

/* The experiment is done and kept: a page that cannot be made changes nothing about it. */
static void offer_page(const struct session *session)
{
	const struct options *options = session->options;
	char why[PAGE_WHY_SIZE];

	if (!session->wish->page || options->no_html || !page__wanted() || interrupt__pending())
		return;
	if (page__make(session->results.dirfd, session->results.path, false, why))
		log__info("no " PAGE_FILE ": %s", why);
	else
		log__info("the same with figures: %s/" PAGE_FILE, session->results.path);
}

void session__close(struct session *session, bool page)
{
	if (page)
		offer_page(session);
	results__discard_if_empty(&session->results);
	results__close(&session->results);
	symbolizer__close(session->symbolizer);
	tracer__close(session->tracer);
}

void session__abandon(struct session *session)
{
	record__abandon(&session->record);
	session__close(session, false);
}
