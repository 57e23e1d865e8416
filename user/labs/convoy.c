// SPDX-License-Identifier: GPL-2.0-or-later
// convoy: how long an I/O thread waits for the global lock beside threads that compute.
#include <math.h>
#include <stdio.h>

#include "base/figures.h"
#include "labs/lab.h"

#define CPU_THREADS 1
#define RESPONSES 40

/* Switch intervals in us: CPython's own, and the two ends of the slope. */
#define USUAL 5000
#define SHORTEST 500
#define LONGEST 20000

static const unsigned int intervals_us[] = { SHORTEST, USUAL, LONGEST };

#define INTERVALS (sizeof(intervals_us) / sizeof(intervals_us[0]))

/* The longest interval takes a second: once in a block is enough. */
static void add_step(struct lab_plan *plan, unsigned int interval_us, uint64_t cpu_threads)
{
	struct plan_arm *step = cpu_threads ?
				lab_plan__step(plan, "convoy", "beside-%u", interval_us) :
				lab_plan__step(plan, "convoy", "alone");

	step->tracing = interval_us == LONGEST ? LAB_UNTRACED : LAB_TRACED_AND_NOT;
	step->lock = "gil";
	step->interval_us = interval_us;
	step->workers = cpu_threads + 1;
	lab_step__args(plan, step, "--interval-us %u --cpu-threads %lu --responses %d", interval_us,
		       cpu_threads, RESPONSES);
}

static int plan(const struct lab_options *options, struct lab_plan *plan)
{
	add_step(plan, USUAL, 0);
	for (size_t i = 0; i < INTERVALS; i++)
		add_step(plan, intervals_us[i], options->workers ?: CPU_THREADS);
	return 0;
}

static struct observation_key latency_of(char *arm, size_t size, unsigned int interval_us)
{
	snprintf(arm, size, "beside-%u", interval_us);
	return (struct observation_key){ arm, "convoy_latency_ns", NULL };
}

/*
 * Supported: at CPython's interval of 5 ms, the whole interval of the latency beside a
 * computing thread over that alone lies above 1. Refuted: it lies at or below 1.
 */
static enum claim_verdict verdict_on(const struct interval *ratio)
{
	if (ratio->low > 1)
		return CLAIM_SUPPORTED;
	return ratio->high <= 1 ? CLAIM_REFUTED : CLAIM_UNDECIDED;
}

/* What a rise over that range of intervals is per ms; one block gives no interval of it. */
static const char *describe_slope(char text[FIGURES_SIZE], const struct interval *rise,
				  double range_ns)
{
	if (isnan(rise->low))
		snprintf(text, FIGURES_SIZE, "%.2f ms", rise->mid / range_ns);
	else
		snprintf(text, FIGURES_SIZE, "%.2f ms [%.2f, %.2f]", rise->mid / range_ns,
			 rise->low / range_ns, rise->high / range_ns);
	return text;
}

static int judge(const struct lab_evidence *evidence, struct claims *claims)
{
	char usual[ROWS_NAME_SIZE], low[ROWS_NAME_SIZE], high[ROWS_NAME_SIZE];
	const struct observation_key alone = { "alone", "convoy_latency_ns", NULL };
	const struct observation_key beside = latency_of(usual, sizeof(usual), USUAL);
	const struct observation_key shortest = latency_of(low, sizeof(low), SHORTEST);
	const struct observation_key longest = latency_of(high, sizeof(high), LONGEST);
	struct interval ratio = { 0 }, rise = { 0 }, wait = { 0 };
	char slope[FIGURES_SIZE];

	observations__ratio(evidence->observations, &beside, &alone, &ratio);
	observations__median(evidence->observations, &beside, &wait);
	observations__difference(evidence->observations, &longest, &shortest, &rise);
	if (!ratio.n || !rise.n) {
		claims__add(claims, "C17", "convoy", CLAIM_UNDECIDED, NULL, "",
			    "no valid runs with and without computing threads in one block");
		return 0;
	}
	claims__add(claims, "C17", "convoy", verdict_on(&ratio), &ratio, "ratio",
		    "an I/O thread's response takes this many times as long beside computing "
		    "threads at the 5 ms interval (%.2f ms) as alone; each ms of switch interval "
		    "adds %s. Rule: interval above 1", wait.mid / 1e6,
		    describe_slope(slope, &rise, (double)(LONGEST - SHORTEST) * 1e3));
	return 0;
}

const struct lab lab_convoy = {
	.name = "convoy",
	.summary = "response latency of an I/O thread beside threads that compute",
	.question = "Does an I/O thread suffer from the lock when others compute?",
	.claims = { "C17", NULL },
	.takes = LAB_TAKES_WORKERS,
	.help.workers = "threads that compute beside the one that blocks (default "
			LAB_TEXT(CPU_THREADS) ")",
	.blocks = 12,
	.budget_s = 40,
	.warm_up = true,
	.plan = plan,
	.judge = judge,
};
