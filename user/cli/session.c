// SPDX-License-Identifier: GPL-2.0-or-later
// Opens and closes what an experiment needs, in the right order.
#include "cli/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/environment.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "machine/machine.h"
#include "report/page.h"

/* A machine that cannot trace is not an experiment that went wrong. */
static enum exit_status open_tracer(struct session *session, bool fallback)
{
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
	if (err == -ENOSYS && fallback) {
		session->untraced_reason = "this switchtax was built without BPF";
		log__warn("%s; going on with untraced runs", why);
		return EXIT_MEASURED;
	}
	/* Most prices need no probe. */
	if (session->options->command == COMMAND_CALIBRATE) {
		session->untraced_reason = "this machine cannot trace, or not for this user";
		log__warn("cannot trace: %s; going on with the prices that need no probe", why);
		return EXIT_MEASURED;
	}
	log__error("cannot trace: %s%s", why,
		   fallback ? "; --no-bpf measures times without tracing" : "");
	return EXIT_CANNOT_MEASURE;
}

/* Labs and prices have their own measures, which a clock's ticks would only disturb. */
static bool takes_samples(const struct options *options)
{
	return options->samples && !options->lab && options->command != COMMAND_LABS &&
	       options->command != COMMAND_CALIBRATE;
}

static enum exit_status open_results(struct session *session)
{
	const struct options *options = session->options;
	bool labs = options->command == COMMAND_LABS || options->lab;
	const struct record_wish wish = {
		.handoffs = options->experiment.timeline,
		.futexes = options->command != COMMAND_RUN && options->command != COMMAND_LABS &&
			   options->command != COMMAND_CALIBRATE,
		.stacks = session->symbolizer != NULL,
		.observations = labs || options->command == COMMAND_CALIBRATE,
		.labs = labs,
	};
	char why[PATH_MAX + 256];
	int err = results__create(&session->results, session->options->output, session->name, why,
				  sizeof(why));

	if (err) {
		log__error("%s", why);
		return EXIT_USAGE;
	}
	err = record__open(&session->record, &session->results, &wish);
	if (!err)
		return EXIT_MEASURED;
	log__error("%s", session->record.why);
	results__discard_if_empty(&session->results);
	results__close(&session->results);
	return EXIT_NOT_VALID;
}

enum exit_status session__open(struct session *session, const struct options *options,
			       const char *name, bool fallback)
{
	enum exit_status status;

	*session = (struct session){ .options = options, .name = name, .started = time(NULL) };
	status = open_tracer(session, fallback);
	if (status != EXIT_MEASURED)
		return status;
	/* Without memory for names there are no samples, and everything else goes on. */
	if (session->tracer && takes_samples(options) && symbolizer__open(&session->symbolizer))
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

#define MAX_PARAMETERS 16

struct parameter_list {
	struct environment_parameter items[MAX_PARAMETERS];
	char values[MAX_PARAMETERS][64];
	size_t count;
};

static void add_number(struct parameter_list *list, const char *name, double value)
{
	char *text = list->values[list->count];

	snprintf(text, sizeof(list->values[0]), "%.10g", value);
	list->items[list->count++] = (struct environment_parameter){ name, text };
}

static void add_text(struct parameter_list *list, const char *name, const char *value)
{
	list->items[list->count++] = (struct environment_parameter){ name, value };
}

static void list_workload(const struct workload_parameters *parameters,
			  struct parameter_list *list)
{
	add_text(list, "lock", parameters->lock);
	add_number(list, "workers", (double)parameters->workers);
	add_number(list, "objects", (double)parameters->objects);
	add_number(list, "interval_us", (double)parameters->interval_us);
	add_number(list, "malloc_arenas", 1);
}

static void list_programs(const struct options *options, struct parameter_list *list)
{
	add_text(list, "base", options->base);
	add_text(list, "other", options->other);
	add_text(list, "as_root", options->as_root ? "yes" : "no");
}

/* Of a lab, only what the command line has named. */
static void list_lab(const struct options *options, struct parameter_list *list)
{
	const struct workload_parameters *parameters = &options->experiment.parameters;

	if (options->given & LAB_TAKES_LOCK)
		add_text(list, "lock", parameters->lock);
	if (options->given & LAB_TAKES_WORKERS)
		add_number(list, "workers", (double)parameters->workers);
	if (options->given & LAB_TAKES_OBJECTS)
		add_number(list, "objects", (double)parameters->objects);
	if (options->given & LAB_TAKES_INTERVAL)
		add_number(list, "interval_us", (double)parameters->interval_us);
}

static void list_limits(const struct experiment_options *experiment, struct parameter_list *list)
{
	add_number(list, "blocks", (double)experiment->blocks);
	add_number(list, "budget_s", experiment->budget_s);
	add_number(list, "time_limit_s", (double)experiment->time_limit_s);
}

static void list_parameters(const struct options *options, struct parameter_list *list,
			    char *arms, size_t arms_size)
{
	const struct experiment_options *experiment = &options->experiment;

	list->count = 0;
	add_text(list, "cpus", experiment->cpus);
	if (options->lab || options->command == COMMAND_LABS ||
	    options->command == COMMAND_CALIBRATE) {
		list_lab(options, list);
		list_limits(experiment, list);
		return;
	}
	if (options->command != COMMAND_RUN && options->command != COMMAND_COMPARE)
		return;
	arms[0] = '\0';
	for (size_t i = 0; i < experiment->narms; i++)
		snprintf(arms + strlen(arms), arms_size - strlen(arms), "%s%s", i ? "," : "",
			 experiment->arms[i]);
	add_text(list, "arms", arms);
	if (options->command == COMMAND_RUN)
		list_workload(&experiment->parameters, list);
	else
		list_programs(options, list);
	list_limits(experiment, list);
	add_number(list, "precision_percent", experiment->precision_percent);
}

void session__note(struct session *session, const char *object, const char *name,
		   const char *text)
{
	size_t i = session->nnotes;

	if (i == SESSION_MAX_NOTES)
		return;
	snprintf(session->note_names[i], sizeof(session->note_names[i]), "%s", name);
	snprintf(session->note_texts[i], sizeof(session->note_texts[i]), "%s", text);
	session->notes[i] = (struct environment_parameter){ session->note_names[i],
							    session->note_texts[i] };
	session->notes_name = object;
	session->nnotes++;
}

static int write_environment(struct session *session, const char *stop_reason)
{
	struct parameter_list parameters;
	struct machine machine;
	char arms[512];
	struct environment environment = {
		.version = SWITCHTAX_VERSION,
		.started = session->started,
		.argc = session->options->argc,
		.argv = session->options->argv,
		.experiment = session->name,
		.parameters = parameters.items,
		.seed = session->options->experiment.seed,
		.machine = &machine,
		.bpf = session->tracer != NULL,
		.bpf_reason = session->untraced_reason,
		.stop_reason = stop_reason,
		.beside = { session->notes_name, session->notes, session->nnotes },
	};
	char *text;
	int err;

	list_parameters(session->options, &parameters, arms, sizeof(arms));
	if (session->program)
		add_text(&parameters, "program", session->program);
	environment.nparameters = parameters.count;
	machine__read(&machine);
	text = environment__json(&environment);
	if (!text)
		return -ENOMEM;
	err = session__write(session, "environment.json", text, strlen(text));
	free(text);
	return err;
}

static void close_all(struct session *session)
{
	results__discard_if_empty(&session->results);
	results__close(&session->results);
	symbolizer__close(session->symbolizer);
	tracer__close(session->tracer);
}

/* The experiment is done and kept: a page that cannot be made changes nothing about it. */
static void offer_page(const struct session *session)
{
	const struct options *options = session->options;
	bool compares = options->command == COMMAND_COMPARE ||
			(options->command == COMMAND_RUN && !options->lab);
	char why[PAGE_WHY_SIZE];

	if (!compares || options->no_html || !page__wanted() || interrupt__pending())
		return;
	if (page__make(session->results.dirfd, session->results.path, false, why))
		log__info("no " PAGE_FILE ": %s", why);
	else
		log__info("the same with figures: %s/" PAGE_FILE, session->results.path);
}

int session__commit(struct session *session, const char *stop_reason)
{
	int err = record__commit(&session->record), other;

	if (err)
		log__error("%s", session->record.why);
	other = write_environment(session, stop_reason);
	if (!err && !other)
		offer_page(session);
	close_all(session);
	return err ? err : other;
}

void session__abandon(struct session *session)
{
	record__abandon(&session->record);
	close_all(session);
}
