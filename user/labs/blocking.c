// SPDX-License-Identifier: GPL-2.0-or-later
// blocking: threads against processes where all that they do is wait.
#include <stdio.h>
#include <string.h>

#include "labs/lab.h"

#define WORKERS 4
#define BLOCKED_MS 100
/* Processes have an advantage if threads take more than this many times as long. */
#define MOST 1.1

static const char *const calls[] = { "sleep", "accept" };

#define CALLS (sizeof(calls) / sizeof(calls[0]))

static void add_step(struct lab_plan *plan, const char *call, const char *lock, uint64_t workers)
{
	struct plan_arm *step = lock ?
				lab_plan__step(plan, "blocking", "%s-threads-%s", call, lock) :
				lab_plan__step(plan, "blocking", "%s-processes", call);

	/* In turn they take as many times as long: once in a block is enough. */
	if (lock && strcmp(lock, "held") == 0)
		step->tracing = LAB_TRACED;
	step->workers = workers;
	step->lock = lock ? "gil" : NULL;
	lab_step__args(plan, step, "--what %s --who %s", call, lock ? "threads" : "processes");
	if (lock)
		lab_step__args(plan, step, "--lock-while %s", lock);
	lab_step__args(plan, step, "--workers %lu --ms %d", workers, BLOCKED_MS);
}

static int plan(const struct lab_options *options, struct lab_plan *plan)
{
	uint64_t workers = options->workers ?: WORKERS;

	for (size_t i = 0; i < CALLS; i++) {
		add_step(plan, calls[i], "released", workers);
		add_step(plan, calls[i], "held", workers);
		add_step(plan, calls[i], NULL, workers);
	}
	return 0;
}

/* Wall time of one arm over that of another. */
static void ratio_of(const struct lab_evidence *evidence, const char *call, const char *a,
		     const char *b, struct interval *ratio)
{
	char over[ROWS_NAME_SIZE], under[ROWS_NAME_SIZE];
	const struct observation_key over_key = { over, "blocking_wall_ns", NULL };
	const struct observation_key under_key = { under, "blocking_wall_ns", NULL };

	snprintf(over, sizeof(over), "%s-%s", call, a);
	snprintf(under, sizeof(under), "%s-%s", call, b);
	ratio->n = 0;
	observations__ratio(evidence->observations, &over_key, &under_key, ratio);
}

/*
 * Supported: for sleep and for accept, the whole interval of threads over processes lies at or
 * below 1.1. Refuted: for one of them the whole interval lies above it.
 */
static int judge(const struct lab_evidence *evidence, struct claims *claims)
{
	struct interval ratio[CALLS], held[CALLS];
	size_t worse;
	enum claim_verdict verdict = CLAIM_SUPPORTED;

	for (size_t i = 0; i < CALLS; i++) {
		ratio_of(evidence, calls[i], "threads-released", "processes", &ratio[i]);
		ratio_of(evidence, calls[i], "threads-held", "threads-released", &held[i]);
		if (!ratio[i].n || !held[i].n) {
			claims__add(claims, "C16", "blocking", CLAIM_UNDECIDED, NULL, "",
				    "no valid runs of %s to compare in one block", calls[i]);
			return 0;
		}
	}
	worse = ratio[1].mid > ratio[0].mid;
	if (ratio[0].low > MOST || ratio[1].low > MOST)
		verdict = CLAIM_REFUTED;
	else if (!(ratio[0].high <= MOST && ratio[1].high <= MOST))
		verdict = CLAIM_UNDECIDED;
	claims__add(claims, "C16", "blocking", verdict, &ratio[worse], "ratio",
		    "wall time of blocked threads over processes, the worse of sleep (%.3f) and "
		    "accept (%.3f); with the lock held while blocked threads take %.2f and %.2f "
		    "times as long. Rule: no advantage if the interval is not above %.1f",
		    ratio[0].mid, ratio[1].mid, held[0].mid, held[1].mid, MOST);
	return 0;
}

const struct lab lab_blocking = {
	.name = "blocking",
	.summary = "sleep and accept in threads and in processes, the lock let go or held",
	.question = "Have processes an advantage over threads where all do nothing but wait?",
	.claims = { "C16", NULL },
	.takes = LAB_TAKES_WORKERS,
	.help.workers = "threads, or processes (default " LAB_TEXT(WORKERS) ")",
	.blocks = 12,
	.budget_s = 40,
	.warm_up = true,
	.plan = plan,
	.judge = judge,
};
