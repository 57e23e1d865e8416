// SPDX-License-Identifier: GPL-2.0-or-later
// Finds the runs of a block, and puts intervals on what the blocks have in common.
#include "verdict/blocks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

uint64_t blocks__last(const struct samples *samples)
{
	uint64_t last = 0;

	for (size_t i = 0; i < samples->count; i++)
		if (samples->items[i].block > last)
			last = samples->items[i].block;
	return last;
}

size_t blocks__machines(const struct samples *samples)
{
	size_t last = 0;

	for (size_t i = 0; i < samples->count; i++)
		if (samples->items[i].stratum > last)
			last = samples->items[i].stratum;
	return last + 1;
}

/* Any run of it, or NULL. */
static const struct sample *first_of(const struct samples *samples, uint64_t number)
{
	for (size_t i = 0; i < samples->count; i++)
		if (samples->items[i].block == number)
			return &samples->items[i];
	return NULL;
}

struct verdict_prices blocks__prices(const struct block *block)
{
	const struct sample *sample = first_of(block->inquiry->samples, block->number);
	struct verdict_prices prices = block->inquiry->prices;

	if (sample && sample->lock_operation_ns > 0)
		prices.lock_operation_ns = sample->lock_operation_ns;
	if (sample && sample->switch_ns > 0)
		prices.switch_ns = sample->switch_ns;
	return prices;
}

const struct sample *blocks__find(const struct block *block, const char *arm)
{
	const struct samples *samples = block->inquiry->samples;

	for (size_t i = 0; arm && i < samples->count; i++) {
		const struct sample *sample = &samples->items[i];

		if (sample->block == block->number && sample->traced == block->traced &&
		    sample->valid && strcmp(sample->arm, arm) == 0)
			return block->inquiry->undisturbed && sample->disturbed ? NULL : sample;
	}
	return NULL;
}

double blocks__wall(const struct block *block, const void *arg)
{
	const struct sample *sample = blocks__find(block, arg);

	return sample ? sample->wall_ms : NAN;
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
	uint64_t last = blocks__last(inquiry->samples);

	for (uint64_t number = 1; number <= last; number++) {
		const struct sample *sample = first_of(inquiry->samples, number);
		struct block block = { number, traced, inquiry };
		double value = sample ? figure(&block, arg) : NAN;

		if (!sample || !isfinite(value))
			continue;
		values->items[values->count] = value;
		values->machines[values->count++] = sample->stratum;
	}
}

int blocks__over(const struct inquiry *inquiry, bool traced, block_figure *figure,
		 const void *arg, struct interval *out)
{
	const struct interval none = { NAN, NAN, NAN, 0 };
	uint64_t last = blocks__last(inquiry->samples);
	struct values values = {
		.items = calloc(last + 1, sizeof(*values.items)),
		.machines = calloc(last + 1, sizeof(*values.machines)),
	};
	int err = -ENOMEM;

	if (values.items && values.machines) {
		collect(inquiry, traced, figure, arg, &values);
		err = stats__stratified_median(values.items, values.machines, values.count,
					       blocks__machines(inquiry->samples), out);
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
