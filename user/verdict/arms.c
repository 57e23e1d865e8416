// SPDX-License-Identifier: GPL-2.0-or-later
// The arms of a verdict: which there are, and what each took.
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "verdict/parts.h"

static double ratio_to_base(const struct block *block, const void *arm)
{
	return blocks__wall(block, arm) / blocks__wall(block, block->inquiry->question->base);
}

static double ratio_to_other(const struct block *block, const void *arm)
{
	return blocks__wall(block, arm) / blocks__wall(block, block->inquiry->question->other);
}

static double overhead_of(const struct block *block, const void *arm)
{
	struct block other = *block;

	other.traced = !block->traced;
	return blocks__wall(block, arm) / blocks__wall(&other, arm);
}

/* A figure of an arm's run, as it is. */
struct member {
	const char *arm;
	size_t offset;		/* of a double in a struct trial */
};

static double member_of(const struct block *block, const void *arg)
{
	const struct member *member = arg;
	const struct trial *trial = blocks__find(block, member->arm);
	double value = NAN;

	if (trial)
		memcpy(&value, (const char *)trial + member->offset, sizeof(value));
	return value;
}

static double median_of(const struct inquiry *inquiry, bool traced, size_t offset, const char *arm)
{
	const struct member member = { arm, offset };
	struct interval interval;

	return blocks__over(inquiry, traced, member_of, &member, &interval) ? NAN : interval.mid;
}

/* Only our own workloads count their hand-offs by themselves. */
static double handoffs_median(const struct inquiry *inquiry, const char *arm)
{
	const size_t handoffs = offsetof(struct trial, handoffs);
	double median = median_of(inquiry, inquiry->clock_traced, handoffs, arm);

	return isnan(median) ? median_of(inquiry, true, handoffs, arm) : median;
}

static bool has_lock(const struct trials *trials, const char *arm)
{
	for (size_t i = 0; i < trials->count; i++)
		if (trials->items[i].has_lock && trials->items[i].valid &&
		    strcmp(trials->items[i].arm, arm) == 0)
			return true;
	return false;
}

static bool is_late(const struct trials *trials, const char *arm)
{
	for (size_t i = 0; i < trials->count; i++)
		if (trials->items[i].late && trials->items[i].valid &&
		    strcmp(trials->items[i].arm, arm) == 0)
			return true;
	return false;
}

static int judge_arm(const struct inquiry *inquiry, struct verdict_arm *arm)
{
	bool traced = inquiry->clock_traced;
	int err = blocks__over(inquiry, traced, blocks__wall, arm->arm, &arm->wall_ms);

	if (!err)
		err = blocks__over(inquiry, traced, ratio_to_base, arm->arm, &arm->ratio);
	if (!err)
		err = blocks__over(inquiry, traced, ratio_to_other, arm->arm, &arm->to_other);
	if (!err)
		err = blocks__over(inquiry, true, overhead_of, arm->arm, &arm->overhead);
	arm->has_lock = has_lock(inquiry->trials, arm->arm);
	arm->late = !arm->has_lock && is_late(inquiry->trials, arm->arm);
	arm->cpu_ms = median_of(inquiry, traced, offsetof(struct trial, cpu_ms), arm->arm);
	arm->handoffs = handoffs_median(inquiry, arm->arm);
	arm->switches = median_of(inquiry, traced, offsetof(struct trial, switches), arm->arm);
	arm->faults = median_of(inquiry, traced, offsetof(struct trial, faults), arm->arm);
	arm->max_rss_mb = median_of(inquiry, traced, offsetof(struct trial, max_rss_mb), arm->arm);
	return err;
}

/* An arm that was given up in the warm-up has nothing to show: NULL. */
static const struct trial *first_measured(const struct trials *trials, const char *arm)
{
	for (size_t i = 0; i < trials->count; i++)
		if (trials->items[i].block && strcmp(trials->items[i].arm, arm) == 0)
			return &trials->items[i];
	return NULL;
}

/* It joins those of the same kind by its interval, behind all others. */
static void place(struct verdict *verdict, const struct trial *run)
{
	uint64_t us = run->interval_us;
	size_t at = verdict->narms++;

	for (; at && us && verdict->arms[at - 1].interval_us > us; at--)
		verdict->arms[at] = verdict->arms[at - 1];
	columns__set_text(verdict->arms[at].arm, ROWS_NAME_SIZE, run->arm);
	verdict->arms[at].interval_us = us;
}

static void add_arm(const struct trials *trials, const char *arm, struct verdict *verdict)
{
	const struct trial *run = first_measured(trials, arm);

	if (verdict->narms < VERDICT_MAX_ARMS && run && !verdict__arm(verdict, arm))
		place(verdict, run);
}

int verdict_arms__judge(const struct inquiry *inquiry, struct verdict *verdict)
{
	const struct trials *trials = inquiry->trials;
	int err = 0;

	for (const char *const *arms = inquiry->question->arms; *arms; arms++)
		add_arm(trials, *arms, verdict);
	for (size_t i = 0; i < trials->count; i++)
		if (strcmp(trials->items[i].of, inquiry->question->other) == 0)
			add_arm(trials, trials->items[i].arm, verdict);
	for (size_t i = 0; i < verdict->narms && !err; i++)
		err = judge_arm(inquiry, &verdict->arms[i]);
	return err;
}
