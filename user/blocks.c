// SPDX-License-Identifier: GPL-2.0-or-later
// Finds the runs of a block, and puts intervals on what the blocks have in common.
#include "blocks.h"

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

int blocks__over(const struct inquiry *inquiry, bool traced, block_figure *figure,
		 const void *arg, struct interval *out)
{
	uint64_t last = blocks__last(inquiry->samples);
	double *values = calloc(last ? last : 1, sizeof(*values));
	size_t count = 0;
	int err = 0;

	*out = (struct interval){ NAN, NAN, NAN, 0 };
	if (!values)
		return -ENOMEM;
	for (uint64_t number = 1; number <= last; number++) {
		struct block block = { number, traced, inquiry };
		double value = figure(&block, arg);

		if (isfinite(value))
			values[count++] = value;
	}
	if (count)
		err = stats__bootstrap_median(values, count, inquiry->seed, out);
	free(values);
	return err;
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
