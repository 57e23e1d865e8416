// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax run`: a built-in experiment.
#include "cli/commands.h"
#include "cli/conclusion.h"
#include "labs/lock_warning.h"
#include "base/log.h"
#include "labs/headline.h"

static enum exit_status run(struct session *session, const struct slowdown *slowdown)
{
	const struct experiment_plan *plan = &slowdown->plan;
	const struct workload_parameters *parameters = &plan->blocks.options->parameters;
	const struct report about = {
		.lock = parameters->lock,
		.workers = parameters->workers,
		.objects = parameters->objects,
		.interval_us = parameters->interval_us,
	};
	struct experiment experiment;
	enum exit_status status;
	int err = experiment__run(plan, session->tracer, &session->record, &experiment);

	status = conclusion__draw(session, plan, &experiment, &slowdown->prices, &about, err);
	experiment__free(&experiment);
	return status;
}

enum exit_status command__run(const struct options *options)
{
	struct slowdown slowdown;
	struct session session;
	enum exit_status status;
	char why[PATH_MAX + 128], warning[LOCK_WARNING_SIZE];

	if (slowdown__check_memory(&options->experiment, why, sizeof(why))) {
		log__error("too little memory: %s", why);
		return EXIT_CANNOT_MEASURE;
	}
	if (slowdown__plan(&slowdown, &options->experiment, why, sizeof(why))) {
		log__error("%s", why);
		slowdown__free(&slowdown);
		return EXIT_NOT_VALID;
	}
	if (lock_warning__text(&options->experiment, warning, sizeof(warning)))
		log__warn("%s", warning);
	status = session__open(&session, options, options->experiment.name, true);
	slowdown.plan.blocks.symbolizer = session.symbolizer;
	if (status == EXIT_MEASURED)
		status = run(&session, &slowdown);
	slowdown__free(&slowdown);
	return status;
}
