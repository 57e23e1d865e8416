// SPDX-License-Identifier: GPL-2.0-or-later
// What the runs of slowdown.c say of C5, C6 and C7.
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/figures.h"
#include "labs/slowdown.h"
#include "labs/quiet.h"
#include "labs/headline.h"
#include "verdict/agreement.h"
#include "verdict/judge.h"
#include "verdict/verdict.h"

/* The rules of C6 and C7. */
#define NO_GAIN 1.05
#define REAL_GAIN 1.2

/* The article's figures: 4.05095 s in one thread, 4.32471 s in five. */
#define ARTICLE (4.32471 / 4.05095)

static double wall_in_block(const struct observations *observations, const char *arm,
			    uint64_t block)
{
	for (size_t i = 0; i < observations->count; i++) {
		const struct observation_row *row = &observations->items[i].row;

		if (row->block == block && strcmp(row->arm, arm) == 0 &&
		    strcmp(row->metric, "run_wall_ns") == 0)
			return row->value;
	}
	return NAN;
}

/* Threads over one thread in Python, its start-up taken out of both. */
static int python_slowdown(const struct observations *all, struct interval *out)
{
	struct observations ratios = { 0 };
	int err = 0;

	*out = (struct interval){ NAN, NAN, NAN, 0 };
	for (size_t i = 0; i < all->count && !err; i++) {
		const struct observation_row *row = &all->items[i].row;
		double start, one;

		if (strcmp(row->arm, "python-threads") || strcmp(row->metric, "run_wall_ns"))
			continue;
		start = wall_in_block(all, "python-start", row->block);
		one = wall_in_block(all, "python-sequential", row->block);
		if (one > start)
			err = observations__put(&ratios, "python", row->block, "slowdown", "-",
						(row->value - start) / (one - start));
	}
	if (!err)
		err = observations__median(&ratios, &(struct observation_key){ 0 }, out);
	observations__free(&ratios);
	return err == -ENODATA ? 0 : err;
}

/* The C runtime decides; Python may object. */
static enum claim_verdict judge_slower(const struct interval *here, const struct interval *python)
{
	if (claims__above(here, 1) && !claims__below(python, 1))
		return CLAIM_SUPPORTED;
	if (claims__below(here, 1) && !claims__above(python, 1))
		return CLAIM_REFUTED;
	return CLAIM_UNDECIDED;
}

static void add_c5(const struct interval *here, const struct interval *python, uint64_t workers,
		   struct claims *claims)
{
	char here_text[FIGURES_SIZE], python_text[FIGURES_SIZE];

	if (python->n)
		figures__ratio(python_text, python);
	claims__add(claims, "C5", LAB_SLOWDOWN, judge_slower(here, python), here, "ratio",
		    "%" PRIu64 " threads took %s times as long as one in the C runtime, %s%s; the "
		    "article: %.2f. Supported if the first lies above 1, refuted if below, unless "
		    "Python says the contrary", workers, figures__ratio(here_text, here),
		    python->n ? python_text : "not tried in Python (no python3)",
		    python->n ? " in Python (less its start)" : "", ARTICLE);
}

static int judge_c5(const struct lab_evidence *evidence, struct claims *claims)
{
	const struct lab_options *options = evidence->options;
	struct interval here, python;
	int err = verdict__slowdown(evidence->trials, &headline__question, &here);

	if (err)
		return err == -ENODATA ? 0 : err;
	err = python_slowdown(evidence->observations, &python);
	if (!err)
		add_c5(&here, &python, options->workers ? options->workers : LAB_SLOWDOWN_WORKERS,
		       claims);
	return err;
}

/* The same number of tasks one after the other, over all at once. */
static int speedup(const struct lab_evidence *evidence, const char *arm, uint64_t workers,
		   struct interval *out)
{
	char one[ROWS_NAME_SIZE], all[ROWS_NAME_SIZE];
	const struct observation_key one_wall = { .arm = one, .metric = "run_wall_ns" };
	const struct observation_key all_wall = { .arm = all, .metric = "run_wall_ns" };
	int err;

	snprintf(one, sizeof(one), "%s-w1", arm);
	snprintf(all, sizeof(all), "%s-w%" PRIu64, arm, workers);
	err = observations__ratio(evidence->observations, &one_wall, &all_wall, out);
	out->mid *= (double)workers;
	out->low *= (double)workers;
	out->high *= (double)workers;
	return err == -ENODATA ? 0 : err;
}

static enum claim_verdict judge_gain(const struct interval *threads,
				     const struct interval *processes)
{
	if (!claims__above(processes, REAL_GAIN))
		return CLAIM_UNDECIDED;
	if (claims__below(threads, NO_GAIN))
		return CLAIM_SUPPORTED;
	return claims__above(threads, NO_GAIN) ? CLAIM_REFUTED : CLAIM_UNDECIDED;
}

/* As many workers as can run at once. */
static uint64_t workers_judged(const struct lab_options *options)
{
	uint64_t workers = 1, next, end = lab_slowdown__most_workers(options);

	if (end > options->cpus)
		end = options->cpus;
	while ((next = lab_slowdown__next_count(workers)) <= end)
		workers = next;
	return workers;
}

static int judge_c6(const struct lab_evidence *evidence, struct claims *claims)
{
	uint64_t workers = workers_judged(evidence->options);
	struct interval threads = { 0 }, processes = { 0 };
	char threads_text[FIGURES_SIZE], processes_text[FIGURES_SIZE];
	int err;

	if (workers < 2) {
		claims__add(claims, "C6", LAB_SLOWDOWN, CLAIM_UNDECIDED, NULL, NULL,
			    "with one CPU or one worker nothing can run at the same time, with a "
			    "lock or without");
		return 0;
	}
	err = speedup(evidence, "threads", workers, &threads);
	if (!err)
		err = speedup(evidence, "processes", workers, &processes);
	if (err || !threads.n || !processes.n)
		return err;
	claims__add(claims, "C6", LAB_SLOWDOWN, judge_gain(&threads, &processes), &threads, "ratio",
		    "%" PRIu64 " tasks at once against one by one: threads are %s times as fast, "
		    "processes %s. Supported if threads stay below %.2f, refuted if they lie "
		    "above; undecided unless processes lie above %.1f", workers,
		    figures__ratio(threads_text, &threads),
		    figures__ratio(processes_text, &processes), NO_GAIN, REAL_GAIN);
	return 0;
}

/* The same answer as the report's sentence on the three lines. */
static enum claim_verdict judge_switching(const struct verdict *verdict)
{
	switch (agreement__of(verdict)) {
	case AGREEMENT_LARGER: return CLAIM_SUPPORTED;
	case AGREEMENT_SMALLER: return CLAIM_REFUTED;
	default: return CLAIM_UNDECIDED;
	}
}

static void add_c7(const struct verdict *verdict, struct claims *claims)
{
	const struct interval *narrow = &verdict->parts[LEDGER_SWITCHING].share;
	const struct interval *wide = &verdict->parts[DOSE_SWITCHING].share;
	const struct interval *ladder = &verdict->parts[LADDER_SWITCHING].share;
	char slowdown[FIGURES_SIZE], excess[FIGURES_SIZE];
	char ledger_text[FIGURES_SIZE], dose_text[FIGURES_SIZE], ladder_text[FIGURES_SIZE];

	if (!verdict->slower) {
		claims__add(claims, "C7", LAB_SLOWDOWN, CLAIM_UNDECIDED, &verdict->slowdown,
			    "ratio", "no slowdown here: threads took %s times as long as one "
			    "thread, not above 1, so there is no difference to be explained",
			    figures__ratio(slowdown, &verdict->slowdown));
		return;
	}
	claims__add(claims, "C7", LAB_SLOWDOWN, judge_switching(verdict),
		    narrow->n ? narrow : ladder, "ratio",
		    "of %s ms switching is, in %%: ledger (narrow) %s, dose (wide) %s, ladder %s. "
		    "Supported if all there are lie above 50, refuted if all lie below, two at "
		    "least", figures__ms(excess, &verdict->excess_ms),
		    figures__percent(ledger_text, narrow), figures__percent(dose_text, wide),
		    figures__percent(ladder_text, ladder));
}

/*
 * The price of a lock operation is left out of the ladder: a lock that is kept until somebody
 * asks for it, which is the default, is taken only a few times in a run.
 */
static int judge_c7(const struct lab_evidence *evidence, struct claims *claims)
{
	struct verdict *verdict = calloc(1, sizeof(*verdict));
	int err;

	if (!verdict)
		return -ENOMEM;
	err = verdict__judge(evidence->trials, &headline__question, NULL, verdict);
	if (!err)
		add_c7(verdict, claims);
	verdict__free(verdict);
	free(verdict);
	return err == -ENODATA ? 0 : err;
}

int lab_slowdown__judge(const struct lab_evidence *evidence, struct claims *claims)
{
	int err;

	if (!quiet__or_undecided(evidence, &lab_slowdown, claims))
		return 0;
	err = judge_c5(evidence, claims);
	if (!err)
		err = judge_c6(evidence, claims);
	return err ? err : judge_c7(evidence, claims);
}
