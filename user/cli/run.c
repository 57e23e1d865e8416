// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax run`: a built-in experiment.
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/conclusion.h"
#include "cli/labs.h"
#include "labs/lock_warning.h"
#include "base/log.h"
#include "labs/headline.h"
#include "cli/parts.h"
#include "program/arm_name.h"
#include "workloads/crowd/arms.h"
#include "workloads/kit/arguments.h"

#define MAX_WORKERS 1000
#define MAX_OBJECTS 1000000000ULL
#define BUDGET_S 110
#define TIME_LIMIT_S 120

struct run_options {
	struct options common;
	const struct lab *lab;		/* NULL: the headline experiment */
	unsigned int given;		/* LAB_TAKES_*: what the command line has named */
};

static const struct argp_option run_argp_options[] = {
	{ NULL, 0, NULL, 0, "The workload:", 1 },
	{ "workers", KEY_WORKERS, "N", 0, "tasks, and threads in the threaded arms (default 5)",
	  1 },
	{ "objects", KEY_OBJECTS, "N", 0, "floats in each task's list (default 5000000)", 1 },
	{ "lock", KEY_LOCK, "NAME", 0, "the global lock: " LOCK_NAMES " (default gil)", 1 },
	{ "interval-us", KEY_INTERVAL, "N", 0, "switch interval in us (default 5000)", 1 },
	{ "arms", KEY_ARMS, "LIST", 0, "arms to run, with commas (default: all five, and with the "
	  "lock gil threads-interval-100 and threads-interval-1000; any interval in us is taken)",
	  1 },
	{ NULL, 0, NULL, 0, "The experiment:", 2 },
	{ "blocks", KEY_BLOCKS, "N", 0, "measured blocks (default: as precision and budget say)",
	  2 },
	{ "budget", KEY_BUDGET, "SECONDS", 0, "stop before this is exceeded (default 110)", 2 },
	{ "precision", KEY_PRECISION, "PERCENT", 0,
	  "stop when the slowdown is known to +- this (default 1)", 2 },
	{ "seed", KEY_SEED, "N", 0, "of the tasks and of the order of runs (default: the time)",
	  2 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0, "of a single run (default 120)", 2 },
	{ "no-samples", KEY_NO_SAMPLES, NULL, 0,
	  "do not sample what the lock's holder does while it runs", 2 },
	{ "no-bpf", KEY_NO_BPF, NULL, 0, "untraced runs only: times and the ladder", 2 },
	{ "no-html", KEY_NO_HTML, NULL, 0, "make no report.html at the end", 2 },
	{ 0 },
};

static void set_defaults(struct experiment_options *experiment)
{
	experiment->name = "slowdown";
	experiment->parameters.lock = lock_kinds[0]->name;
	experiment->parameters.workers = 5;
	experiment->parameters.objects = 5000000;
	experiment->parameters.interval_us = 5000;
}

static bool is_arm(const char *name)
{
	return arm_find(name) || arm_name__asked_us(name, "threads");
}

static void parse_arms(struct argp_state *state, const char *list)
{
	char known[256] = "";

	for (size_t i = 0; arms[i].name; i++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s, ",
			 arms[i].name);
	snprintf(known + strlen(known), sizeof(known) - strlen(known), "threads-interval-US");
	options__arms(state, list, is_arm, known);
}

static void unknown_experiment(struct argp_state *state, const char *name)
{
	char names[512] = "slowdown";

	for (size_t i = 0; all_labs[i]; i++)
		if (strcmp(all_labs[i]->name, "slowdown") != 0)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), ", %s",
				 all_labs[i]->name);
	argp_error(state, state->arg_num ? "unexpected '%s': one experiment at a time, of %s"
					 : "unknown experiment '%s'; there are: %s", name, names);
}

static void parse_experiment(struct argp_state *state, struct run_options *options,
			     const char *name)
{
	if (!state->arg_num && strcmp(name, "slowdown") == 0)
		return;
	options->lab = lab__find(name);
	options->common.experiment.name = name;
	if (state->arg_num || !options->lab)
		unknown_experiment(state, name);
}

/* An option that an experiment would ignore is a mistake. */
static void check_lab_options(struct argp_state *state, const struct run_options *options)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} taken[] = {
		{ LAB_TAKES_WORKERS, "workers" }, { LAB_TAKES_OBJECTS, "objects" },
		{ LAB_TAKES_LOCK, "lock" }, { LAB_TAKES_INTERVAL, "interval-us" },
	};

	if (!options->lab)
		return;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (options->given & ~options->lab->takes & taken[i].bit)
			argp_error(state, "--%s: the experiment '%s' has no such parameter",
				   taken[i].name, options->lab->name);
	if (options->common.experiment.narms)
		argp_error(state, "--arms: the arms of '%s' are fixed", options->lab->name);
	if (options->common.experiment.timeline)
		argp_error(state, "--timeline: only the experiment 'slowdown' has one");
}

/* What was not named. A lab has arms and a budget of its own. */
static void settle(struct run_options *options)
{
	struct experiment_options *experiment = &options->common.experiment;

	options__limits(experiment, options->lab ? 0 : BUDGET_S, TIME_LIMIT_S);
	if (options->lab || experiment->narms)
		return;
	for (size_t i = 0; arms[i].name; i++)
		experiment->arms[experiment->narms++] = arms[i].name;
	if (!headline__has_doses(experiment->parameters.lock))
		return;
	for (size_t i = 0; headline__doses[i]; i++)
		experiment->arms[experiment->narms++] = headline__doses[i];
}

static error_t parse_run(int key, char *arg, struct argp_state *state)
{
	struct run_options *options = state->input;
	struct workload_parameters *workload = &options->common.experiment.parameters;

	switch (key) {
	case KEY_WORKERS:
		options->given |= LAB_TAKES_WORKERS;
		workload->workers = options__whole(state, "workers", arg, 1, MAX_WORKERS);
		break;
	case KEY_OBJECTS:
		options->given |= LAB_TAKES_OBJECTS;
		workload->objects = options__whole(state, "objects", arg, 1, MAX_OBJECTS);
		break;
	case KEY_LOCK:
		options->given |= LAB_TAKES_LOCK;
		workload->lock = argument_lock(state, "lock", arg)->name;
		break;
	case KEY_INTERVAL:
		options->given |= LAB_TAKES_INTERVAL;
		workload->interval_us = options__whole(state, "interval-us", arg, 1, 10000000);
		break;
	case ARGP_KEY_ARG: parse_experiment(state, options, arg); break;
	case KEY_ARMS: parse_arms(state, arg); break;
	case ARGP_KEY_END:
		check_lab_options(state, options);
		settle(options);
		break;
	case ARGP_KEY_INIT: set_defaults(&options->common.experiment); /* fall through */
	default: return options__parse_shared(key, arg, state);
	}
	return 0;
}

static const struct argp *argp_of(int argc, char **argv)
{
	return run_lab__argp(&command__run.argp, argc, argv);
}

static void list_parameters(struct parameters *list, const struct experiment_options *experiment)
{
	const struct workload_parameters *workload = &experiment->parameters;

	parameters__arms(list, experiment);
	parameters__text(list, "lock", workload->lock);
	parameters__number(list, "workers", (double)workload->workers);
	parameters__number(list, "objects", (double)workload->objects);
	parameters__number(list, "interval_us", (double)workload->interval_us);
	parameters__number(list, "malloc_arenas", 1);
	parameters__limits(list, experiment);
	parameters__number(list, "precision_percent", experiment->precision_percent);
}

static enum exit_status run(struct session *session, const struct headline *headline)
{
	const struct experiment_plan *plan = &headline->plan;
	const struct prices *prices = &headline->prices;
	struct experiment_end end;
	int err = experiment__run(plan, session->tracer, &session->record, &end);

	list_parameters(&session->parameters, plan->blocks.options);
	if (end.kept && prices->count) {
		int prices_err = session__write_rows(session, &rows__prices, prices->rows,
						     prices->count);

		err = err ? err : prices_err;
	}
	return conclusion__of_blocks(session, &end, err, end.blocks_done);
}

static enum exit_status run_headline(const struct options *options)
{
	static const struct session_wish wish = { .untraced = UNTRACED_BY_BUILD, .samples = true,
						  .page = true };
	struct headline headline;
	struct session session;
	enum exit_status status;
	char why[PATH_MAX + 128], warning[LOCK_WARNING_SIZE];

	if (headline__check_memory(&options->experiment, why, sizeof(why))) {
		log__error("too little memory: %s", why);
		return EXIT_CANNOT_MEASURE;
	}
	if (headline__plan(&headline, &options->experiment, why, sizeof(why))) {
		log__error("%s", why);
		headline__free(&headline);
		return EXIT_NOT_VALID;
	}
	if (lock_warning__text(&options->experiment, warning, sizeof(warning)))
		log__warn("%s", warning);
	status = session__open(&session, options, &wish);
	headline.plan.blocks.symbolizer = session.symbolizer;
	if (status == EXIT_MEASURED)
		status = run(&session, &headline);
	headline__free(&headline);
	return status;
}

static enum exit_status command_run(const struct options *options)
{
	const struct run_options *own = (const struct run_options *)options;

	return own->lab ? labs__one(options, own->lab, own->given) : run_headline(options);
}

const struct command command__run = {
	.name = "run", .summary = "a built-in experiment: why are N threads slower than one?",
	.options_size = sizeof(struct run_options), .action = command_run, .argp_of = argp_of,
	.argp = {
		run_argp_options, parse_run, "[EXPERIMENT]",
		"Run the headline experiment (slowdown) in all its arms and say what explains the "
		"slowdown; or another experiment of the lab sheet, with its verdict. `switchtax "
		"list` names them."
		"\vExamples:\n"
		"  switchtax run                                  under two minutes\n"
		"  switchtax run --workers 2 --objects 1000000    smaller\n"
		"  switchtax run --arms sequential,threads --blocks 20\n"
		"  switchtax run --lock mutex --interval-us 1000 -o results/mutex\n"
		"  switchtax run --format json | jq .answer\n"
		"  switchtax run race --workers 3                 a lab\n",
		options__common, NULL, NULL,
	},
};
