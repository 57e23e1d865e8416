// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab_refcount - C1 and C2: counts that go up and down, and garbage that counting cannot free.
 *
 * Nothing here is a matter of chance: what a run shows must be so in every run.
 */
#include <math.h>
#include <stdio.h>

#include "labs/lab.h"

#define DEFAULT_OBJECTS 10000

/* As the article prints them. */
static const double prints[] = { 2, 3, 4, 3, 2 };

#define PRINTS (sizeof(prints) / sizeof(prints[0]))

static int plan(const struct lab_options *options, struct lab_plan *plan)
{
	struct plan_arm *step = lab_plan__step(plan, "refcount", "refcount");

	step->objects = options->objects ?: DEFAULT_OBJECTS;
	lab_step__args(plan, step, "--objects=%lu --seed=%u", step->objects,
		       (unsigned int)options->seed);
	return 0;
}

/* Was it that value in every run? False also if it was never seen. */
static bool always(const struct observations *observations, const char *metric,
		   const char *variant, double value)
{
	struct observation_key key = { .metric = metric, .variant = variant };

	return observations__min(observations, &key) == value &&
	       observations__max(observations, &key) == value;
}

static size_t runs_with(const struct observations *observations, const char *metric,
			const char *variant)
{
	struct observation_key key = { .metric = metric, .variant = variant };

	return observations__count(observations, &key);
}

/*
 * Supported: in every run the five counts are the article's, the object is there while one
 * variable refers to it, and gone when none does. Refuted: in any run it is otherwise.
 */
static void judge_counts(const struct observations *seen, struct claims *claims)
{
	size_t runs = runs_with(seen, "refcount", "freed-at-zero"), right = 0;
	struct interval figure;
	bool freed_in_time;
	char variant[32];

	if (!runs)
		return;
	for (size_t i = 0; i < PRINTS; i++) {
		snprintf(variant, sizeof(variant), "print-%zu", i + 1);
		right += always(seen, "refcount", variant, prints[i]);
	}
	freed_in_time = always(seen, "refcount", "freed-early", 0) &&
			always(seen, "refcount", "freed-at-zero", 1);
	figure = claims__exactly((double)right);
	claims__add(claims, "C1", "refcount",
		    right == PRINTS && freed_in_time ? CLAIM_SUPPORTED : CLAIM_REFUTED, &figure,
		    "count",
		    "%zu of 5 counts are the article's (2 3 4 3 2) in each of %zu runs; the object "
		    "was %sfreed exactly when its count came to 0", right, runs,
		    freed_in_time ? "" : "not ");
}

/* The sum of a metric over all runs. */
static double total(const struct observations *observations, const char *metric,
		    const char *variant)
{
	struct observation_key key = { .metric = metric, .variant = variant };

	return observations__sum(observations, &key);
}

/* In every run: do two variants of a metric agree? Their values come run by run. */
static bool same(const struct observations *observations, const char *metric, const char *one,
		 const char *other)
{
	double a[1024], b[1024];
	struct observation_key key = { .metric = metric, .variant = one };
	size_t n = observations__values(observations, &key, a, 1024), m;

	key.variant = other;
	m = observations__values(observations, &key, b, 1024);
	for (size_t i = 0; i < n && i < m; i++)
		if (a[i] != b[i])
			return false;
	return n == m;
}

/*
 * Supported: in every run as many objects were freed as were made, what survived counting was
 * reclaimed by the collector to the last object, and nothing that could still be reached was
 * touched. Refuted: in any run it is otherwise. Undecided: nothing survived counting, so there was
 * nothing to collect.
 */
static void judge_collection(const struct observations *seen, struct claims *claims)
{
	double survived = total(seen, "cycle", "survived-counting");
	double reclaimed = total(seen, "cycle", "reclaimed");
	double touched = total(seen, "cycle", "live-touched");
	double left = total(seen, "objects", "allocated") - total(seen, "objects", "freed");
	bool whole = same(seen, "objects", "allocated", "freed") && touched == 0 &&
		     same(seen, "cycle", "survived-counting", "reclaimed");
	struct interval figure;
	size_t runs = runs_with(seen, "cycle", "reclaimed");

	if (!runs || isnan(survived) || isnan(touched) || isnan(left))
		return;
	if (!(survived > 0)) {
		claims__add(claims, "C2", "refcount", whole ? CLAIM_UNDECIDED : CLAIM_REFUTED, NULL,
			    NULL, "no ring survived counting, so there was nothing to collect");
		return;
	}
	figure = claims__exactly(reclaimed / survived);
	claims__add(claims, "C2", "refcount", whole ? CLAIM_SUPPORTED : CLAIM_REFUTED, &figure,
		    "ratio",
		    "of %.0f objects that survived counting in %zu runs the collector freed %.0f; "
		    "%.0f objects were left at exit, %.0f live ones touched", survived, runs,
		    reclaimed, left, touched);
}

static int judge(const struct lab_evidence *evidence, struct claims *claims)
{
	judge_counts(evidence->observations, claims);
	judge_collection(evidence->observations, claims);
	return 0;
}

const struct lab lab_refcount = {
	.name = "refcount",
	.summary = "reference counts as the article prints them, and a cycle collector",
	.question = "Does a count say when an object can go, and what becomes of rings?",
	.claims = { "C1", "C2", NULL },
	.takes = LAB_TAKES_OBJECTS,
	.help.objects = "objects in the heap, at least (default " LAB_TEXT(DEFAULT_OBJECTS) ")",
	.blocks = 5,
	.budget_s = 10,
	.plan = plan,
	.judge = judge,
};
