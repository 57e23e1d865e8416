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

#include "include/announce.h"
#include "program/arm_name.h"
#include "program/command_line.h"
#include "program/path.h"
#include "cli/commands.h"
#include "cli/conclusion.h"
#include "base/log.h"
#include "symbols/symbols.h"

static const char *const plain_arms[] = { "base", "other", "other-1cpu" };
static const char *const python_arms[] = { "other-interval-500", "other-interval-5000",
					   "other-interval-50000" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct comparison {
	struct options options;		/* with the arms filled in */
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
	const struct options *options = &comparison->options;
	struct target_user user = { .drop = false };
	enum exit_status status;

	if (!options->as_root)
		user = target__user(false);
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
	struct experiment_options *experiment = &comparison->options.experiment;
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
	const struct experiment_options *experiment = &comparison->options.experiment;

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
		.announces = symbols__defines(line->path, ANNOUNCE_SYMBOL),
		.one_cpu = strcmp(name, "other-1cpu") == 0,
		.privileged = comparison->options.as_root,
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
		.options = &comparison->options.experiment,
		.outputs = &comparison->outputs,
		.lock = { .acquire = comparison->options.acquire,
			  .release = comparison->options.release,
			  .none = comparison->options.no_lock },
		.python_frames = comparison->options.python_frames,
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

static enum exit_status run(struct comparison *comparison, struct session *session)
{
	struct experiment experiment;
	const struct report_comparison programs = {
		comparison->base.text, comparison->other.text,
		experiment.base_lock_why, experiment.other_lock_why,
	};
	struct report about = { .comparison = &programs };
	enum exit_status status;
	int err = outputs__open(&comparison->outputs, &session->results);

	if (err) {
		log__error("%s", comparison->outputs.why);
		session__abandon(session);
		return EXIT_NOT_VALID;
	}
	comparison->plan.blocks.symbolizer = session->symbolizer;
	err = experiment__run(&comparison->plan, session->tracer, &session->record, &experiment);
	about.programs_printed = outputs__close(&comparison->outputs);
	status = conclusion__draw(session, &comparison->plan, &experiment, NULL, &about, err);
	experiment__free(&experiment);
	return status;
}

static enum exit_status compare(struct comparison *comparison)
{
	enum exit_status status = read_programs(comparison);
	struct session session;

	if (status == EXIT_MEASURED)
		status = choose_arms(comparison);
	if (status != EXIT_MEASURED)
		return status;
	if (fill_plan(comparison))
		return EXIT_NOT_VALID;
	status = session__open(&session, &comparison->options, comparison->options.experiment.name,
			       true);
	return status == EXIT_MEASURED ? run(comparison, &session) : status;
}

enum exit_status command__compare(const struct options *options)
{
	struct comparison comparison = { .options = *options };
	enum exit_status status = compare(&comparison);

	for (size_t i = 0; i < VERDICT_MAX_ARMS; i++)
		switch_interval__close(&comparison.intervals[i]);
	command_line__free(&comparison.base);
	command_line__free(&comparison.other);
	return status;
}
