// SPDX-License-Identifier: GPL-2.0-or-later
// Judges runs: arms, slowdown, and the components of all three lines of evidence.
#include "verdict/judge.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "verdict/blocks.h"
#include "verdict/parts.h"

static double ratio(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;

	(void)arg;
	return blocks__wall(block, question->other) / blocks__wall(block, question->base);
}

static bool all_traced(const struct trials *trials)
{
	for (size_t i = 0; i < trials->count; i++)
		if (!trials->items[i].traced)
			return false;
	return true;
}

static struct inquiry inquire(const struct trials *trials,
			      const struct verdict_question *question)
{
	return (struct inquiry){
		.trials = trials,
		.question = question,
		.prices = { NAN, NAN },
		.clock_traced = all_traced(trials),
	};
}

static int judge_slowdown(const struct inquiry *inquiry, struct interval *slowdown)
{
	int err = blocks__over(inquiry, inquiry->clock_traced, ratio, NULL, slowdown);

	return err ? err : slowdown->n ? 0 : -ENODATA;
}

int verdict__slowdown(const struct trials *trials, const struct verdict_question *question,
		      struct interval *slowdown)
{
	const struct inquiry inquiry = inquire(trials, question);

	return judge_slowdown(&inquiry, slowdown);
}

/*
 * Its line's own total has to be a slowdown too: shares of what may be nothing, or less, have a
 * sign that means nothing. Totals are judged before what they are the whole of.
 */
static bool has_shares(const struct verdict *verdict, enum verdict_component component)
{
	const struct interval *whole =
		&verdict->parts[component >= DOSE_TOTAL ? DOSE_TOTAL :
				component >= LADDER_TOTAL ? LADDER_TOTAL : LEDGER_TOTAL].ms;

	return verdict->slower && whole->n > 1 && whole->low > 0;
}

static int judge_part(const struct inquiry *inquiry, enum verdict_component component,
		      struct verdict *verdict)
{
	struct verdict_part *out = &verdict->parts[component];
	struct block_part part =
		component >= DOSE_TOTAL ? verdict_dose__part(component, inquiry->clock_traced) :
		component >= LADDER_TOTAL ?
			verdict_ladder__part(component, inquiry->clock_traced) :
			verdict_ledger__part(component);
	int err = blocks__over(inquiry, part.traced, part.figure, part.arg, &out->ms);

	return err || !has_shares(verdict, component) ? err :
	       blocks__share(inquiry, &part, &out->share);
}

static int judge_parts(struct inquiry *inquiry, struct verdict *verdict)
{
	int err = 0;

	inquiry->sampled = verdict_ledger__sampled(inquiry);
	for (int i = 0; i < VERDICT_COMPONENTS && !err; i++)
		err = judge_part(inquiry, i, verdict);
	return err;
}

/* The lines of dose and response have to be there before the parts are judged. */
static int judge_dose(struct inquiry *inquiry, struct verdict *verdict)
{
	const struct verdict_question *question = &verdict->question;
	struct dose_points *points = &verdict->points;
	struct dose_line *lines = NULL;
	int count, err = dose__of_trials(inquiry->trials, question->base, question->other,
					 points);

	if (!err)
		err = dose__fit(points->items, points->count, &verdict->dose);
	if (err == -ENODATA)
		return judge_parts(inquiry, verdict);
	if (!err)
		lines = calloc(points->count, sizeof(*lines));
	if (!lines)
		return err ? err : -ENOMEM;
	count = dose__lines(points->items, points->count, lines);
	inquiry->lines = lines;
	inquiry->nlines = count > 0 ? (size_t)count : 0;
	if (verdict->machines > 1 && count > 0)
		err = verdict_dose__fit(inquiry, &verdict->dose);
	if (!err)
		err = count < 0 ? count : judge_parts(inquiry, verdict);
	free(lines);
	inquiry->lines = NULL;
	return err;
}

static void count_runs(const struct trials *trials, struct verdict *verdict)
{
	verdict->blocks = blocks__last(trials);
	verdict->machines = blocks__machines(trials);
	for (size_t i = 0; i < trials->count; i++) {
		const struct trial *trial = &trials->items[i];

		if (!trial->block)
			continue;
		verdict->runs++;
		verdict->invalid += !trial->valid;
		verdict->disturbed += trial->valid && trial->disturbed;
		if (trial->throttled_ms > 0) {
			verdict->throttled++;
			verdict->throttled_ms += trial->throttled_ms;
		}
	}
}

/* With and without the runs that are marked as disturbed. */
static int judge_slowdowns(struct inquiry *inquiry, struct verdict *verdict)
{
	int err = judge_slowdown(inquiry, &verdict->slowdown);

	if (err)
		return err;
	inquiry->undisturbed = true;
	err = judge_slowdown(inquiry, &verdict->slowdown_undisturbed);
	inquiry->undisturbed = false;
	/* With one pair there is no interval, and nothing can be said. */
	verdict->slower = verdict->slowdown.n > 1 && verdict->slowdown.low > 1;
	return err == -ENODATA ? 0 : err;
}

int verdict__judge(const struct trials *trials, const struct verdict_question *question,
		   const struct verdict_prices *prices, struct verdict *verdict)
{
	struct inquiry inquiry = inquire(trials, question);
	int err;

	if (prices)
		inquiry.prices = *prices;
	*verdict = (struct verdict){ .question = *question, .prices = inquiry.prices };
	count_runs(trials, verdict);
	err = verdict_arms__judge(&inquiry, verdict);
	if (!err)
		err = blocks__over(&inquiry, inquiry.clock_traced, blocks__total, NULL,
				   &verdict->excess_ms);
	if (!err)
		err = judge_slowdowns(&inquiry, verdict);
	return err ? err : judge_dose(&inquiry, verdict);
}
