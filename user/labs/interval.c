// SPDX-License-Identifier: GPL-2.0-or-later
// C7 by dose and response alone: the lock's switch interval is swept in log steps, and the time
// that threads lose is held against the hand-offs that it makes.
#include <errno.h>
#include <stdio.h>

#include "workloads/locks/lock.h"
#include "verdict/dose.h"
#include "base/figures.h"
#include "labs/lab.h"
#include "labs/quiet.h"
#include "labs/slowdown.h"
#include "verdict/judge.h"
#include "verdict/verdict.h"

extern const struct lab lab_interval;

#define NAME "interval"
#define BASE "sequential"
#define OTHER "threads"

#define OBJECTS 2000000

#define HALF 0.5	/* the rule */

/* The arm in question is traced as well, so that the kernel's counts are compared. */
static int plan(const struct lab_options *asked, struct lab_plan *plan)
{
	static const uint64_t sweep_us[] = { 100, 320, 1000, 3200, 10000, 32000, 100000 };
	struct lab_options options = lab_slowdown__options(asked, OBJECTS);
	char name[ROWS_NAME_SIZE];

	if (lab_slowdown__check_memory(plan, options.workers, options.objects))
		return -ENOSPC;
	lab_slowdown__step(plan, &options, BASE, BASE);
	lab_slowdown__step(plan, &options, OTHER, OTHER)->tracing = LAB_TRACED_AND_NOT;
	for (size_t i = 0; i < sizeof(sweep_us) / sizeof(sweep_us[0]); i++) {
		options.interval_us = sweep_us[i];
		snprintf(name, sizeof(name), OTHER "-i%lu", options.interval_us);
		lab_slowdown__step(plan, &options, name, OTHER);
	}
	return 0;
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
	claims__add(claims, "C7", NAME, lab__above(share, HALF), share, "ratio",
		    "by dose alone: a hand-off costs %s us in full, %s ms remain without any; "
		    "hand-offs are %s %% of the difference. Supported if that lies above 50, "
		    "refuted if below", slope, rest, figures__percent(text, share));
}

static int judge(const struct lab_evidence *evidence, struct claims *claims)
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
	err = dose__of_trials(evidence->trials, BASE, OTHER, &points);
	if (!err)
		err = dose__fit(points.items, points.count, &fit);
	dose__free(&points);
	if (!err)
		err = verdict__slowdown(evidence->trials, &question, &slowdown);
	if (!err)
		err = dose__share(evidence->trials, BASE, OTHER, &share);
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
		.workers = "tasks, and threads (default " LAB_TEXT(LAB_SLOWDOWN_WORKERS) ")",
		.objects = "floats in each task's list (default " LAB_TEXT(OBJECTS) ")",
		.lock = "the global lock: " LOCK_NAMES " (default gil)",
		.interval_us = "the switch interval in question, beside those of the sweep, in us "
			       "(default " LAB_TEXT(LAB_SLOWDOWN_INTERVAL_US) ")",
	},
	.blocks = 9,
	.budget_s = 65,
	.warm_up = true,
	.plan = plan,
	.judge = judge,
};
