// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The third line of evidence: what grows with the number of hand-offs, whichever way it takes.
 *
 * Wall times are those of untraced runs. The narrow cost that is taken out of the wide one is
 * the ledger's, so of the traced runs of the same block.
 */
#include <math.h>

#include "verdict/parts.h"

static const struct dose_line *line_of(const struct block *block)
{
	const struct inquiry *inquiry = block->inquiry;

	for (size_t i = 0; i < inquiry->nlines; i++)
		if (inquiry->lines[i].block == block->number)
			return &inquiry->lines[i];
	return NULL;
}

static double total(const struct block *block, const void *arg)
{
	return line_of(block) ? blocks__total(block, arg) : NAN;
}

/* Wide: slope x hand-offs of other. */
static double switching(const struct block *block, const void *arg)
{
	const struct inquiry *inquiry = block->inquiry;
	const struct dose_line *line = line_of(block);
	const struct trial *other = blocks__find(block, inquiry->question->other);

	(void)arg;
	if (!line || !other)
		return NAN;
	return line->slope_us / 1000 * dose__handoffs(inquiry->trials, other);
}

/* Direct kernel work and cold caches, paid while the lock is held by a running thread. */
static double indirect(const struct block *block, const void *arg)
{
	struct block traced = *block;

	traced.traced = true;
	return switching(block, arg) - verdict_ledger__narrow(&traced, arg);
}

static double without_handoffs(const struct block *block, const void *arg)
{
	const struct dose_line *line = line_of(block);

	(void)arg;
	return line ? line->intercept_ms : NAN;
}

static double slope(const struct block *block, const void *arg)
{
	const struct dose_line *line = line_of(block);

	(void)arg;
	return line ? line->slope_us : NAN;
}

int verdict_dose__fit(const struct inquiry *inquiry, struct dose_fit *fit)
{
	int err = blocks__over(inquiry, inquiry->clock_traced, slope, NULL, &fit->slope_us);

	return err ? err : blocks__over(inquiry, inquiry->clock_traced, without_handoffs, NULL,
					&fit->intercept_ms);
}

struct block_part verdict_dose__part(enum verdict_component component, bool clock_traced)
{
	struct block_part part = { .whole = total, .traced = clock_traced };

	switch (component) {
	case DOSE_SWITCHING: part.figure = switching; break;
	case DOSE_INDIRECT: part.figure = indirect; break;
	case DOSE_WITHOUT: part.figure = without_handoffs; break;
	default: part.figure = total; break;
	}
	return part;
}
