// SPDX-License-Identifier: GPL-2.0-or-later
// The second line of evidence: each rung between neighbouring arms adds one mechanism.
#include <math.h>

#include "verdict/parts.h"

/* What an arm paid for taking and releasing the lock, in ms; 0 where no price is known. */
static double lock_operations(const struct block *block, const char *arm)
{
	const struct trial *trial = blocks__find(block, arm);
	double price = blocks__prices(block).lock_operation_ns;

	if (isnan(price))
		return 0;
	return trial ? trial->acquisitions * price / 1e6 : NAN;
}

double verdict_ladder__lock(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;

	(void)arg;
	if (isnan(block->inquiry->prices.lock_operation_ns))
		return NAN;
	return lock_operations(block, question->other) -
	       lock_operations(block, question->base);
}

/* The memory arm has no lock: what base paid for its own is taken out first. */
double verdict_ladder__memory(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;

	(void)arg;
	return blocks__wall(block, question->memory) -
	       (blocks__wall(block, question->base) -
		lock_operations(block, question->base));
}

static double one_cpu_difference(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;

	(void)arg;
	return blocks__wall(block, question->one_cpu) -
	       blocks__wall(block, question->memory ? question->memory : question->base);
}

static double all_cpus_difference(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;

	(void)arg;
	return blocks__wall(block, question->other) - blocks__wall(block, question->one_cpu);
}

/* Without a memory arm it is no part of what the rungs are split into. */
static double lock_difference(const struct block *block, const void *arg)
{
	return block->inquiry->question->memory ? verdict_ladder__lock(block, arg) : NAN;
}

/* The rungs above the memory arm hold all the lock operations of other. */
static double switching(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;

	if (!question->memory)
		return NAN;
	return one_cpu_difference(block, arg) + all_cpus_difference(block, arg) -
	       lock_operations(block, question->other);
}

struct block_part verdict_ladder__part(enum verdict_component component, bool clock_traced)
{
	struct block_part part = { .whole = blocks__total, .traced = clock_traced };

	switch (component) {
	case LADDER_MEMORY: part.figure = verdict_ladder__memory; break;
	case LADDER_ONE_CPU: part.figure = one_cpu_difference; break;
	case LADDER_ALL_CPUS: part.figure = all_cpus_difference; break;
	case LADDER_LOCK: part.figure = lock_difference; break;
	case LADDER_SWITCHING: part.figure = switching; break;
	default: part.figure = blocks__total; break;
	}
	return part;
}
