// SPDX-License-Identifier: GPL-2.0-or-later
// C7 by dose and response alone: the lock's switch interval is swept in log steps, and the time
// that threads lose is held against the hand-offs that it makes.
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "workloads/locks/lock.h"
#include "verdict/dose.h"
#include "base/figures.h"
#include "labs/lab.h"
#include "labs/quiet.h"
#include "labs/headline.h"
#include "verdict/judge.h"
#include "verdict/verdict.h"

extern const struct lab lab_interval;

#define NAME "interval"
#define BASE "sequential"
#define OTHER "threads"

#define WORKERS 5
#define OBJECTS 2000000
#define INTERVAL_US 5000		/* CPython's */

#define HALF 0.5	/* the rule */

static uint64_t or_default(uint64_t value, uint64_t otherwise)
{
	return value ? value : otherwise;
}

/* interval_us 0: the one in question, which is CPython's own unless given. */
static struct plan_arm *add_step(struct lab_plan *plan, const struct lab_options *options,
				 const char *arm, uint64_t interval_us)
{
	struct plan_arm *step = lab_plan__step(plan, "slowdown", "%s", arm);

	step->tracing = LAB_UNTRACED;
	step->workers = or_default(options->workers, WORKERS);
	step->objects = or_default(options->objects, OBJECTS);
	step->interval_us = or_default(interval_us, or_default(options->interval_us, INTERVAL_US));
	step->lock = options->lock ? options->lock : "gil";
	lab_step__arg(plan, step, "--arm");
	lab_step__arg(plan, step, "%s", strcmp(arm, BASE) ? OTHER : BASE);
	lab_step__arg(plan, step, "--lock");
	lab_step__arg(plan, step, "%s", step->lock);
	lab_step__arg(plan, step, "--workers");
	lab_step__arg(plan, step, "%" PRIu64, step->workers);
	lab_step__arg(plan, step, "--objects");
	lab_step__arg(plan, step, "%" PRIu64, step->objects);
	lab_step__arg(plan, step, "--interval-us");
	lab_step__arg(plan, step, "%" PRIu64, step->interval_us);
	lab_step__arg(plan, step, "--seed");
	lab_step__arg(plan, step, "%" PRIu64, options->seed & UINT32_MAX);
	return step;
}

/* The arm in question is traced as well, so that the kernel's counts are compared. */
static int plan_interval(const struct lab_options *options, struct lab_plan *plan, char *why,
			 size_t why_size)
{
	static const struct {
		const char *arm;
		uint64_t us;
	} sweep[] = {
		{ OTHER "-i100", 100 }, { OTHER "-i320", 320 }, { OTHER "-i1000", 1000 },
		{ OTHER "-i3200", 3200 }, { OTHER "-i10000", 10000 }, { OTHER "-i32000", 32000 },
		{ OTHER "-i100000", 100000 },
	};
	const struct experiment_options memory = {
		.parameters = { .workers = or_default(options->workers, WORKERS),
				.objects = or_default(options->objects, OBJECTS) },
	};

	if (slowdown__check_memory(&memory, why, why_size))
		return -ENOSPC;
	add_step(plan, options, BASE, 0);
	add_step(plan, options, OTHER, 0)->tracing = LAB_TRACED_AND_NOT;
	for (size_t i = 0; i < sizeof(sweep) / sizeof(sweep[0]); i++)
		add_step(plan, options, sweep[i].arm, sweep[i].us);
	return 0;
}

static enum claim_verdict judge_share(const struct interval *share)
{
	if (claims__above(share, HALF))
		return CLAIM_SUPPORTED;
	return claims__below(share, HALF) ? CLAIM_REFUTED : CLAIM_UNDECIDED;
}

static void add_claim(const struct dose_fit *fit, const struct interval *slowdown,
		      const struct interval *share, struct claims *claims)
{
	char slope[FIGURES_SIZE], rest[FIGURES_SIZE], text[FIGURES_SIZE];

	figures__ms(slope, &fit->slope_us);
	figures__ms(rest, &fit->intercept_ms);
	if (!claims__above(slowdown, 1)) {
		claims__add(claims, "C7", NAME, CLAIM_UNDECIDED, &fit->slope_us, "us",
			    "a hand-off costs %s us, and %s ms remain without any; but threads "
			    "took %s times as long as one thread, not above 1: no difference to be "
			    "explained", slope, rest, figures__ratio(text, slowdown));
		return;
	}
	claims__add(claims, "C7", NAME, judge_share(share), share, "ratio",
		    "by dose alone: a hand-off costs %s us in full, %s ms remain without any; "
		    "hand-offs are %s %% of the difference. Supported if that lies above 50, "
		    "refuted if below", slope, rest, figures__percent(text, share));
}

static int judge_interval(const struct lab_evidence *evidence, struct claims *claims)
{
	static const char *const arms[] = { BASE, OTHER, NULL };
	static const struct verdict_question question = { .base = BASE, .other = OTHER,
							  .arms = arms };
	struct interval slowdown, share;
	struct dose_points points;
	struct dose_fit fit;
	int err;

	if (!quiet__or_undecided(evidence, &lab_interval, claims))
		return 0;
	err = dose__of_samples(evidence->samples, BASE, OTHER, &points);
	if (!err)
		err = dose__fit(points.items, points.count, &fit);
	dose__free(&points);
	if (!err)
		err = verdict__slowdown(evidence->samples, &question, &slowdown);
	if (!err)
		err = dose__share(evidence->samples, BASE, OTHER, &share);
	if (!err)
		add_claim(&fit, &slowdown, &share, claims);
	return err == -ENODATA ? 0 : err;
}

const struct lab lab_interval = {
	.name = NAME,
	.summary = "the lock's switch interval from 0.1 to 100 ms: what one hand-off costs in full",
	.question = "What does one hand-off of the lock cost, caches included, and what remains "
		    "without any?",
	.claims = { "C7" },
	.takes = LAB_TAKES_WORKERS | LAB_TAKES_OBJECTS | LAB_TAKES_LOCK | LAB_TAKES_INTERVAL,
	.help = {
		.workers = "tasks, and threads (default " LAB_TEXT(WORKERS) ")",
		.objects = "floats in each task's list (default " LAB_TEXT(OBJECTS) ")",
		.lock = "the global lock: " LOCK_NAMES " (default gil)",
		.interval_us = "the switch interval in question, beside those of the sweep, in us "
			       "(default " LAB_TEXT(INTERVAL_US) ")",
	},
	.blocks = 9,
	.budget_s = 65,
	.warm_up = true,
	.plan = plan_interval,
	.judge = judge_interval,
};
