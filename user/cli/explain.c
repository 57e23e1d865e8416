// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax explain`: the verdict once more, from the CSV files of results folders alone.
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "explain/explanation.h"
#include "base/log.h"

static enum exit_status explain(struct pool *pool, struct explanation *explanation)
{
	switch (pool->folders[0].kind) {
	case FOLDER_SLOWDOWN:
	case FOLDER_COMPARE: return explain_experiment(pool, explanation);
	case FOLDER_TRACE: return explain_trace(&pool->folders[0], explanation);
	case FOLDER_LABS: return explain_labs(&pool->folders[0], explanation);
	case FOLDER_CALIBRATE: return explain_prices(&pool->folders[0], explanation);
	}
	return EXIT_USAGE;
}

static enum exit_status open_pool(struct pool *pool, const struct options *options)
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

static enum exit_status run(struct pool *pool, const struct options *options)
{
	enum exit_status status = open_pool(pool, options);
	struct explanation explanation;

	if (status != EXIT_MEASURED)
		return status;
	if (explanation__open(&explanation)) {
		log__error("cannot explain: no memory");
		status = EXIT_NOT_VALID;
	} else {
		status = explain(pool, &explanation);
		if (status != EXIT_MEASURED)
			log__error("%s", explanation.why);
		else
			status = explanation__publish(&explanation, options->format, options->output);
	}
	explanation__free(&explanation);
	return status;
}

enum exit_status command__explain(const struct options *options)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	enum exit_status status = EXIT_NOT_VALID;

	if (!pool) {
		log__error("cannot explain: no memory");
		return status;
	}
	status = run(pool, options);
	pool__close(pool);
	free(pool);
	return status;
}
