// SPDX-License-Identifier: GPL-2.0-or-later
// When an experiment knows enough.
#include "experiment/experiment.h"

#include <stdio.h>

#include "base/stats.h"
#include "experiment/blocks.h"
#include "verdict/judge.h"

/* Below this, smallest..largest is not a 95 % interval (stats.h). */
#define MIN_BLOCKS_FOR_PRECISION 6

/* An experiment under way. */
struct under_way {
	const struct experiment_plan *plan;
	struct trials trials;		/* for the stop rule */
	struct experiment_blocks blocks;
};

static int measure_before(void *arg)
{
	struct under_way *way = arg;
	const struct experiment_plan *plan = way->plan;
	char why[RUN_ERROR_SIZE];
	int err = plan->before ? plan->before(plan->before_arg, why, sizeof(why)) : 0;

	return err ? experiment_end__fail(way->blocks.end, err, plan->before_what, why) : 0;
}

static int keep(void *arg, const struct plan_arm *arm, const struct run *run)
{
	struct under_way *way = arg;
	const struct trial trial = trial__make(&run->row, NULL, NULL);
	int err = experiment_blocks__record(&way->blocks, run);

	(void)arm;
	return err ? err : trials__add(&way->trials, &trial);
}

static bool precise_enough(void *arg, uint64_t block, char *reason, size_t size)
{
	const struct under_way *way = arg;
	double percent = way->blocks.options->precision_percent;
	struct interval slowdown;

	if (way->blocks.blocks || block < MIN_BLOCKS_FOR_PRECISION || percent <= 0 ||
	    verdict__slowdown(&way->trials, &way->plan->question, &slowdown) ||
	    (slowdown.high - slowdown.low) / 2 > slowdown.mid * percent / 100)
		return false;
	snprintf(reason, size, "the slowdown is known to +-%.3g %%", percent);
	return true;
}

int experiment__run(const struct experiment_plan *plan, struct tracer *tracer,
		    struct record *record, struct experiment_end *end)
{
	const struct experiment_options *options = plan->blocks.options;
	struct under_way way = { .plan = plan, .blocks = plan->blocks };
	struct experiment_blocks *blocks = &way.blocks;
	struct progress progress;
	int err;

	*end = (struct experiment_end){ 0 };
	progress__init(&progress, options->quiet);
	blocks->name = options->name;
	blocks->arms = plan->arms;
	blocks->warm_up = true;
	blocks->blocks = options->blocks;
	blocks->budget_s = options->budget_s;
	blocks->tracer = tracer;
	blocks->record = record;
	blocks->progress = &progress;
	blocks->to = 1;
	blocks->calls = (struct experiment_calls){ .before = measure_before, .keep = keep,
						   .enough = precise_enough };
	blocks->arg = &way;
	blocks->end = end;
	err = experiment_blocks__run(blocks);
	progress__clear(&progress);
	trials__free(&way.trials);
	return err;
}
