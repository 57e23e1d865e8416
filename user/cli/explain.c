// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax explain`: the verdict once more, from the CSV files of results folders alone.
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "explain/explanation.h"
#include "base/log.h"
#include "cli/parts.h"
#include "record/pool.h"

struct explain_options {
	struct options common;
	char **folders;
	size_t nfolders;
};

static error_t parse_explain(int key, char *arg, struct argp_state *state)
{
	struct explain_options *options = state->input;

	switch (key) {
	case ARGP_KEY_ARGS:
		options->folders = state->argv + state->next;
		options->nfolders = (size_t)(state->argc - state->next);
		if (options->nfolders > POOL_MAX_FOLDERS)
			argp_error(state, "more than %d folders", POOL_MAX_FOLDERS);
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which results? switchtax explain [OPTION...] DIR...");
		break;
	case ARGP_KEY_END:
		if (options->common.cpus[0])
			argp_error(state, "--cpus: explain runs no program");
		if (options->common.experiment.timeline)
			argp_error(state, "--timeline: explain runs no program");
		break;
	default: return options__parse_shared(key, arg, state);
	}
	return 0;
}

static enum exit_status open_pool(struct pool *pool, const struct explain_options *options)
{
	char why[FOLDER_WHY_SIZE] = "";
	enum exit_status status = pool__open(pool, options->folders, options->nfolders, why);

	if (status != EXIT_MEASURED)
		log__error("%s", why);
	for (size_t i = 0; i < pool->count && status == EXIT_MEASURED; i++)
		if (pool->folders[i].warning[0])
			log__warn("%s", pool->folders[i].warning);
	return status;
}

static enum exit_status publish(const struct explanation *explanation,
				const struct options *options)
{
	enum exit_status status = EXIT_MEASURED;

	if (options->output)
		status = explanation__write(explanation, options->output);
	if (status != EXIT_MEASURED)
		return status;
	explanation__print(explanation, options->format);
	return explanation->valid ? EXIT_MEASURED : EXIT_NOT_VALID;
}

static enum exit_status run(struct pool *pool, const struct explain_options *options)
{
	enum exit_status status = open_pool(pool, options);
	struct explanation explanation;

	if (status != EXIT_MEASURED)
		return status;
	status = explanation__make(&explanation, pool);
	if (status != EXIT_MEASURED)
		log__error("%s", explanation.why);
	else
		status = publish(&explanation, &options->common);
	explanation__free(&explanation);
	return status;
}

static enum exit_status command_explain(const struct options *options)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	enum exit_status status = EXIT_NOT_VALID;

	if (!pool) {
		log__error("cannot explain: no memory");
		return status;
	}
	status = run(pool, (const struct explain_options *)options);
	pool__close(pool);
	free(pool);
	return status;
}

const struct command command__explain = {
	.name = "explain", .summary = "the verdict once more, from CSV files; several pooled",
	.options_size = sizeof(struct explain_options), .action = command_explain,
	.argp = {
		NULL, parse_explain, "DIR...",
		"Say once more what results folders show, from their CSV files alone: verdict, "
		"report and intervals are computed anew, so that a result can be checked, with a "
		"newer switchtax as well, or on another machine. Needs no root, and writes nothing "
		"unless -o names a folder."
		"\vSeveral folders of `run`, or of `compare`, with the same parameters and "
		"programs are put together, block by block. Where they come from several machines, "
		"each machine weighs the same, and is shown by itself.\n\n"
		"Examples:\n"
		"  switchtax explain results/slowdown-20261122T101500Z\n"
		"  switchtax explain --format json results/monday results/tuesday | jq .slowdown\n"
		"  switchtax explain -o results/both laptop/slowdown server/slowdown\n"
		"  switchtax explain results/labs                 the scoreboard\n",
		options__common, NULL, NULL,
	},
};
