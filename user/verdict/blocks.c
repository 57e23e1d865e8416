// SPDX-License-Identifier: GPL-2.0-or-later
// Finds the runs of a block, and puts intervals on what the blocks have in common.
#include "verdict/blocks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

uint64_t blocks__last(const struct trials *trials)
{
	uint64_t last = 0;

	for (size_t i = 0; i < trials->count; i++)
		if (trials->items[i].block > last)
			last = trials->items[i].block;
	return last;
}

size_t blocks__machines(const struct trials *trials)
{
	size_t last = 0;

	for (size_t i = 0; i < trials->count; i++)
		if (trials->items[i].stratum > last)
			last = trials->items[i].stratum;
	return last + 1;
}

/* Any run of it, or NULL. */
static const struct trial *first_of(const struct trials *trials, uint64_t number)
{
	for (size_t i = 0; i < trials->count; i++)
		if (trials->items[i].block == number)
			return &trials->items[i];
	return NULL;
}

struct verdict_prices blocks__prices(const struct block *block)
{
	const struct trial *trial = first_of(block->inquiry->trials, block->number);
	struct verdict_prices prices = block->inquiry->prices;

	if (trial && trial->lock_operation_ns > 0)
		prices.lock_operation_ns = trial->lock_operation_ns;
	if (trial && trial->switch_ns > 0)
		prices.switch_ns = trial->switch_ns;
	return prices;
}

const struct trial *blocks__find(const struct block *block, const char *arm)
{
	const struct trials *trials = block->inquiry->trials;

	for (size_t i = 0; arm && i < trials->count; i++) {
		const struct trial *trial = &trials->items[i];

		if (trial->block == block->number && trial->traced == block->traced &&
		    trial->valid && strcmp(trial->arm, arm) == 0)
			return block->inquiry->undisturbed && trial->disturbed ? NULL : trial;
	}
	return NULL;
}

double blocks__wall(const struct block *block, const void *arg)
{
	const struct trial *trial = blocks__find(block, arg);

	return trial ? trial->wall_ms : NAN;
}

double blocks__total(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;

	(void)arg;
	return blocks__wall(block, question->other) - blocks__wall(block, question->base);
}

struct values {
	double *items;
	size_t *machines;
	size_t count;
};

static void collect(const struct inquiry *inquiry, bool traced, block_figure *figure,
		    const void *arg, struct values *values)
{
	uint64_t last = blocks__last(inquiry->trials);

	for (uint64_t number = 1; number <= last; number++) {
		const struct trial *trial = first_of(inquiry->trials, number);
		struct block block = { number, traced, inquiry };
		double value = trial ? figure(&block, arg) : NAN;

		if (!trial || !isfinite(value))
			continue;
		values->items[values->count] = value;
		values->machines[values->count++] = trial->stratum;
	}
}

int blocks__over(const struct inquiry *inquiry, bool traced, block_figure *figure,
		 const void *arg, struct interval *out)
{
	const struct interval none = { NAN, NAN, NAN, 0 };
	uint64_t last = blocks__last(inquiry->trials);
	struct values values = {
		.items = calloc(last + 1, sizeof(*values.items)),
		.machines = calloc(last + 1, sizeof(*values.machines)),
	};
	int err = -ENOMEM;

	if (values.items && values.machines) {
		collect(inquiry, traced, figure, arg, &values);
		err = stats__stratified_median(values.items, values.machines, values.count,
					       blocks__machines(inquiry->trials), out);
	}
	if (err)
		*out = none;
	free(values.items);
	free(values.machines);
	return err == -ENODATA ? 0 : err;
}

static double share_of(const struct block *block, const void *arg)
{
	const struct block_part *part = arg;

	return part->figure(block, part->arg) / part->whole(block, part->whole_arg);
}

int blocks__share(const struct inquiry *inquiry, const struct block_part *part,
		  struct interval *out)
{
	return blocks__over(inquiry, part->traced, share_of, part, out);
}
