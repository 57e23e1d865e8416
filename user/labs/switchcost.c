// SPDX-License-Identifier: GPL-2.0-or-later
// C13: a switch saves registers and loads the next ones; that costs.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "labs/lab.h"
#include "prices/switch_plan.h"

#define METRIC "switch_ns"

/* Fewer blocks give no interval of 95 % (stats.h). */
#define FEWEST 6

/* The two have taken turns if the kernel saw at least this part of the switches expected. */
#define TURNS_TAKEN 0.95

static int plan(const struct lab_options *options, struct lab_plan *out)
{
	switch_plan__steps(out, options);
	return 0;
}

static struct observation_key key_of(const char *arm, const char *metric)
{
	return (struct observation_key){ .arm = arm, .metric = metric };
}

/* Extra parts of the reason; nothing is said of what was not measured. */
struct remark {
	char text[128];
};

static int compare_process(const struct observations *observations, struct remark *remark)
{
	const struct observation_key process = key_of(SWITCH_PLAN_PROCESS, METRIC);
	const struct observation_key thread = key_of(SWITCH_PLAN_THREAD, METRIC);
	const struct observation_key tags = key_of(SWITCH_PLAN_PROCESS, "tlb_tagged");
	struct interval ratio;
	int err = observations__ratio(observations, &process, &thread, &ratio);
	const char *why = "";

	if (err || !(ratio.low <= ratio.high))
		return err == -ENOMEM ? err : 0;
	if (ratio.low <= 1)
		why = observations__min(observations, &tags) > 0 ?
		      ": not clearly dearer, PCID keeps the TLB" :
		      ": not clearly dearer";
	snprintf(remark->text, sizeof(remark->text), "; process/thread %.2f [%.2f, %.2f]%s",
		 ratio.mid, ratio.low, ratio.high, why);
	return 0;
}

/* How much more a switch costs in another arm. One block gives no interval of it. */
static int add_difference(const struct observations *observations, const char *arm,
			  const char *label, struct remark *remark)
{
	const struct observation_key a = key_of(arm, METRIC);
	const struct observation_key b = key_of(SWITCH_PLAN_THREAD, METRIC);
	struct interval more;
	int err = observations__difference(observations, &a, &b, &more);

	if (!err && more.low <= more.high)
		snprintf(remark->text, sizeof(remark->text), "; %s %+.0f [%+.0f, %+.0f] ns", label,
			 more.mid, more.low, more.high);
	else if (!err)
		snprintf(remark->text, sizeof(remark->text), "; %s %+.0f ns (no interval)", label,
			 more.mid);
	return err == -ENOMEM ? err : 0;
}

/* The largest working set there is. */
static int compare_refill(const struct observations *observations, struct remark *remark)
{
	const struct observation_key any = { .metric = "working_set_bytes" };
	double bytes = observations__max(observations, &any);
	char arm[ROWS_NAME_SIZE], label[48];

	if (!(bytes > 0))
		return 0;
	switch_plan__arm((uint64_t)bytes, arm);
	snprintf(label, sizeof(label), "refill of %.0f KiB", bytes / 1024);
	return add_difference(observations, arm, label, remark);
}

/* Did the token go round by switches? 1 is one switch for each pass; NAN: not known. */
static double turns_taken(const struct observations *observations)
{
	const struct observation_key counted = key_of(SWITCH_PLAN_THREAD, "switches_counted");
	const struct observation_key expected = key_of(SWITCH_PLAN_THREAD, "switches_expected");

	return observations__sum(observations, &counted) /
	       observations__sum(observations, &expected);
}

static enum claim_verdict verdict_on(const struct interval *cost, double turns)
{
	if (cost->n < FEWEST || !(turns >= TURNS_TAKEN))
		return CLAIM_UNDECIDED;
	if (cost->low > 0)
		return CLAIM_SUPPORTED;
	return cost->high <= 0 ? CLAIM_REFUTED : CLAIM_UNDECIDED;
}

static int judge(const struct lab_evidence *evidence, struct claims *claims)
{
	const struct observations *observations = evidence->observations;
	const struct observation_key thread = key_of(SWITCH_PLAN_THREAD, METRIC);
	struct remark process = { "" }, vector = { "" }, refill = { "" };
	double turns = turns_taken(observations);
	struct interval cost;
	int err = observations__median(observations, &thread, &cost);

	if (err)
		return err == -ENODATA ? 0 : err;
	err = compare_process(observations, &process);
	if (!err)
		err = add_difference(observations, SWITCH_PLAN_VECTOR, "vector registers", &vector);
	if (!err)
		err = compare_refill(observations, &refill);
	if (err)
		return err;
	if (!(turns >= TURNS_TAKEN))
		claims__add(claims, "C13", "switchcost", CLAIM_UNDECIDED, &cost, "ns",
			    "the two did not take turns: %.2f switches were counted for each that "
			    "was expected", turns);
	claims__add(claims, "C13", "switchcost", verdict_on(&cost, turns), &cost, "ns",
		    "a switch between threads, less the same work without one; supported: the "
		    "interval of %zu blocks (at least %d) is above 0%s%s%s", cost.n, FEWEST,
		    process.text, vector.text, refill.text);
	return 0;
}

const struct lab lab_switchcost = {
	.name = "switchcost",
	.summary = "what a switch costs: thread, process, vector registers, refill of the caches",
	.question = "What does it cost to switch from one thread or process to another?",
	.claims = { "C13", NULL },
	.blocks = 9,
	.budget_s = 35,
	.warm_up = true,
	.plan = plan,
	.judge = judge,
};
