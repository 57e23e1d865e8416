// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `switchtax compare`: two command lines, why is OTHER slower?
 *
 * Beside the two programs it runs OTHER under interventions that need no change to it:
 * on one CPU, and, for Python, at three switch intervals two decades apart. The middle
 * one is CPython's own 5000 us, which makes it the control: what it differs from OTHER
 * by is the cost of the intervention.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "program/announcer.h"
#include "program/arm_name.h"
#include "program/command_line.h"
#include "program/path.h"
#include "cli/commands.h"
#include "cli/conclusion.h"
#include "base/log.h"
#include "cli/parts.h"

struct compare_options {
	struct program_options program;
	const char *base;		/* the two command lines */
	const char *other;
};

#define BUDGET_S 180
#define TIME_LIMIT_S 600

static const struct argp_option compare_argp_options[] = {
	{ "arms", KEY_ARMS, "LIST", 0, "arms to run, with commas: base, other, other-1cpu, and for "
	  "Python other-interval-US (default: these, with 500, 5000 and 50000 us)", 1 },
	{ "blocks", KEY_BLOCKS, "N", 0, "measured blocks (default: as precision and budget say)",
	  1 },
	{ "budget", KEY_BUDGET, "SECONDS", 0, "stop before this is exceeded (default 180)", 1 },
	{ "precision", KEY_PRECISION, "PERCENT", 0,
	  "stop when the slowdown is known to +- this (default 1)", 1 },
	{ "seed", KEY_SEED, "N", 0, "of the order of runs (default: the time)", 1 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0, "of a single run (default 600)", 1 },
	{ "no-samples", KEY_NO_SAMPLES, NULL, 0,
	  "do not sample what the lock's holder does while it runs", 1 },
	{ "python-frames", KEY_PYTHON_FRAMES, NULL, 0,
	  "have Python 3.12 or newer name its functions in samples, in traced runs; this makes its "
	  "calls slower", 1 },
	{ "no-bpf", KEY_NO_BPF, NULL, 0, "untraced runs only: times and the ladder", 1 },
	{ "no-html", KEY_NO_HTML, NULL, 0, "make no report.html at the end", 1 },
	{ "as-root", KEY_AS_ROOT, NULL, 0,
	  "run the programs as root, not as the user who called sudo", 1 },
	{ 0 },
};

static bool is_arm(const char *name)
{
	return strcmp(name, "base") == 0 || strcmp(name, "other") == 0 ||
	       strcmp(name, "other-1cpu") == 0 || arm_name__asked_us(name, "other");
}

static error_t parse_compare(int key, char *arg, struct argp_state *state)
{
	struct compare_options *options = state->input;

	switch (key) {
	case KEY_ARMS:
		options__arms(state, arg, is_arm, "base, other, other-1cpu, other-interval-US");
		break;
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			argp_error(state, "unexpected argument '%s': each of the two command lines "
				   "is one argument, in quotes", arg);
		*(state->arg_num ? &options->other : &options->base) = arg;
		break;
	case ARGP_KEY_END:
		if (state->arg_num < 2)
			argp_error(state, "which two programs? switchtax compare [OPTION...] "
				   "'BASE' 'OTHER'");
		options__limits(&options->program.common.experiment, BUDGET_S, TIME_LIMIT_S);
		break;
	default: return options__parse_program(key, arg, state);
	}
	return 0;
}

static const char *const plain_arms[] = { "base", "other", "other-1cpu" };
static const char *const python_arms[] = { "other-interval-500", "other-interval-5000",
					   "other-interval-50000" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct comparison {
	const struct compare_options *options;
	struct experiment_options experiment;	/* with the arms filled in */
	struct command_line base;
	struct command_line other;
	const char *arms[VERDICT_MAX_ARMS + 1];	/* in the order to show them */
	struct switch_interval intervals[VERDICT_MAX_ARMS];	/* of the arm of this index */
	struct experiment_plan plan;
	struct outputs outputs;
};

static enum exit_status split(struct command_line *line, const char *role, const char *text,
			      const struct target_user *user)
{
	char why[512];

	if (command_line__split(line, text, user, why, sizeof(why)) == 0)
		return EXIT_MEASURED;
	log__error("compare: %s %s", role, why);
	return EXIT_USAGE;
}

static enum exit_status find(struct command_line *line)
{
	int err = command_line__find(line);

	if (!err)
		return EXIT_MEASURED;
	log__error("%s: %s", command_line__argv(line)[0], path__why(err));
	return EXIT_NOT_VALID;
}

static enum exit_status read_programs(struct comparison *comparison)
{
	const struct compare_options *options = comparison->options;
	struct target_user user = { .drop = false };
	enum exit_status status;

	if (!options->program.as_root)
		user = target_user__find(false);
	status = split(&comparison->base, "BASE", options->base, &user);
	if (status == EXIT_MEASURED)
		status = split(&comparison->other, "OTHER", options->other, &user);
	if (status == EXIT_MEASURED)
		status = find(&comparison->base);
	return status == EXIT_MEASURED ? find(&comparison->other) : status;
}

/* The arms asked for, or all there are for this program. */
static enum exit_status choose_arms(struct comparison *comparison)
{
	struct experiment_options *experiment = &comparison->experiment;
	bool python = command_line__is_python(&comparison->other);

	if (!experiment->narms) {
		for (size_t i = 0; i < COUNT(plain_arms); i++)
			experiment->arms[experiment->narms++] = plain_arms[i];
		for (size_t i = 0; python && i < COUNT(python_arms); i++)
			experiment->arms[experiment->narms++] = python_arms[i];
	}
	for (size_t i = 0; i < experiment->narms; i++)
		if (!python && arm_name__asked_us(experiment->arms[i], "other")) {
			log__error("compare: --arms: '%s' sets Python's switch interval, but OTHER "
				   "is not Python: neither %s nor a #! line in it names python",
				   experiment->arms[i], comparison->other.path);
			return EXIT_USAGE;
		}
	return EXIT_MEASURED;
}

/* The plain ones first, then by interval. */
static uint64_t rank(const char *arm)
{
	for (size_t i = 0; i < COUNT(plain_arms); i++)
		if (strcmp(arm, plain_arms[i]) == 0)
			return i;
	return COUNT(plain_arms) + arm_name__asked_us(arm, "other");
}

static void sort_arms(struct comparison *comparison)
{
	const struct experiment_options *experiment = &comparison->experiment;

	for (size_t i = 0; i < experiment->narms; i++) {
		size_t at = i;

		for (; at && rank(comparison->arms[at - 1]) > rank(experiment->arms[i]); at--)
			comparison->arms[at] = comparison->arms[at - 1];
		comparison->arms[at] = experiment->arms[i];
	}
}

static int fill_arm(struct comparison *comparison, const char *name)
{
	struct experiment_plan *plan = &comparison->plan;
	size_t index = plan->blocks.narms++;
	struct plan_arm *arm = &plan->arms[index];
	struct command_line *line = strcmp(name, "base") ? &comparison->other : &comparison->base;
	uint64_t us = arm_name__asked_us(name, "other");
	int err;

	*arm = (struct plan_arm){
		.external = true,
		.path = line->path,
		.command = line->text,
		.announces = announcer__is(line->path),
		.one_cpu = strcmp(name, "other-1cpu") == 0,
		.privileged = comparison->options->program.as_root,
		.interval_us = us,
		.args = command_line__argv(line),
	};
	columns__set_text(arm->name, sizeof(arm->name), name);
	if (!us)
		return 0;
	arm->interval = &comparison->intervals[index];
	err = switch_interval__open(arm->interval, us);
	if (err)
		log__error("compare: %s: %s", name, strerror(-err));
	return err;
}

static int fill_plan(struct comparison *comparison)
{
	struct experiment_plan *plan = &comparison->plan;
	int err = 0;

	sort_arms(comparison);
	plan->blocks = (struct experiment_blocks){
		.options = &comparison->experiment,
		.outputs = &comparison->outputs,
		.lock = comparison->options->program.lock,
		.python_frames = comparison->options->program.python_frames,
	};
	plan->question = (struct verdict_question){
		.base = "base",
		.other = "other",
		.one_cpu = "other-1cpu",
		.arms = comparison->arms,
	};
	for (size_t i = 0; comparison->arms[i] && !err; i++)
		err = fill_arm(comparison, comparison->arms[i]);
	return err;
}

static void list_parameters(struct parameters *list, const struct comparison *comparison)
{
	parameters__arms(list, &comparison->experiment);
	parameters__text(list, "base", comparison->options->base);
	parameters__text(list, "other", comparison->options->other);
	parameters__text(list, "as_root", comparison->options->program.as_root ? "yes" : "no");
	parameters__limits(list, &comparison->experiment);
	parameters__number(list, "precision_percent", comparison->experiment.precision_percent);
}

static enum exit_status run(struct comparison *comparison, struct session *session)
{
	struct experiment_end end;
	int err = outputs__open(&comparison->outputs, &session->results);

	if (err) {
		log__error("%s", comparison->outputs.why);
		session__abandon(session);
		return EXIT_NOT_VALID;
	}
	list_parameters(&session->parameters, comparison);
	comparison->plan.blocks.symbolizer = session->symbolizer;
	err = experiment__run(&comparison->plan, session->tracer, &session->record, &end);
	outputs__close(&comparison->outputs);
	return conclusion__of_blocks(session, &end, err, end.blocks_done);
}

static enum exit_status compare(struct comparison *comparison)
{
	static const struct session_wish wish = { .untraced = UNTRACED_BY_BUILD, .samples = true,
						  .page = true, .files = { .futexes = true } };
	enum exit_status status = read_programs(comparison);
	struct session session;

	if (status == EXIT_MEASURED)
		status = choose_arms(comparison);
	if (status != EXIT_MEASURED)
		return status;
	if (fill_plan(comparison))
		return EXIT_NOT_VALID;
	status = session__open(&session, &comparison->options->program.common, &wish);
	return status == EXIT_MEASURED ? run(comparison, &session) : status;
}

static enum exit_status command_compare(const struct options *options)
{
	struct comparison comparison = {
		.options = (const struct compare_options *)options,
		.experiment = options->experiment,
	};
	enum exit_status status = compare(&comparison);

	for (size_t i = 0; i < VERDICT_MAX_ARMS; i++)
		switch_interval__close(&comparison.intervals[i]);
	command_line__free(&comparison.base);
	command_line__free(&comparison.other);
	return status;
}

const struct command command__compare = {
	.name = "compare", .summary = "two command lines: why is OTHER slower?",
	.options_size = sizeof(struct compare_options), .action = command_compare,
	.argp = {
		compare_argp_options, parse_compare, "'BASE' 'OTHER'",
		"Run two programs in blocks, traced and untraced, and say why OTHER takes longer: "
		"where the lock's time went, what one CPU changes, and for Python what the switch "
		"interval changes. What the programs print goes to programs/ in the results "
		"folder."
		"\vEach command line is one argument. Quotes, globs, ~ and $VARIABLES work; what "
		"needs a shell is written as sh -c '...'.\n\n"
		"Examples:\n"
		"  switchtax compare 'python3 single.py' 'python3 threads.py'\n"
		"  switchtax compare --blocks 20 -o results/gzip 'gzip -1 -k -c f' 'gzip -9 -k -c "
		"f'\n"
		"  switchtax compare --arms base,other,other-interval-100000 'python3 a.py' "
		"'python3 b.py'\n"
		"  switchtax compare --lock-symbols pthread_mutex_lock:pthread_mutex_unlock './a' "
		"'./b'\n"
		"  switchtax compare --no-bpf 'make -j1 -B' 'make -j4 -B'\n",
		options__program, NULL, NULL,
	},
};
