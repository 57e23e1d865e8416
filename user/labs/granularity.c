// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab_granularity - C4: one lock per object, one lock for all, or something else?
 *
 * The article's one lock is Python's: kept over many operations and let go when asked, which is
 * not the same as a mutex around each operation. Both are measured; the claim is judged by the
 * former, or by the lock that --lock names.
 */
#include <errno.h>
#include <stdio.h>

#include "workloads/counting/count.h"
#include "workloads/locks/lock.h"
#include "base/figures.h"
#include "labs/lab.h"

#define DEFAULT_OBJECTS 1024
#define MOST_WORKERS 8
#define PRECISION_MS 50

static const char *the_lock(const struct lab_options *options)
{
	return options->lock ?: lock_gil.name;
}

/* The most threads: as many as there are CPUs, within bounds, and 2 at least. */
static uint64_t most_workers(const struct lab_options *options)
{
	if (options->workers)
		return options->workers;
	if (options->cpus < 2)
		return 2;
	return options->cpus < MOST_WORKERS ? options->cpus : MOST_WORKERS;
}

static void name_arm(char arm[ROWS_NAME_SIZE], const char *name, bool shared, uint64_t workers)
{
	snprintf(arm, ROWS_NAME_SIZE, "%.32s.%s.%lu", name, shared ? "shared" : "private", workers);
}

static struct plan_arm *add_step(const struct lab_options *options, struct lab_plan *plan,
				 const char *name, bool lock, bool shared, uint64_t workers)
{
	char arm[ROWS_NAME_SIZE];
	struct plan_arm *step;

	name_arm(arm, name, shared, workers);
	step = lab_plan__step(plan, "granularity", "%s", arm);
	step->tracing = LAB_UNTRACED;
	step->workers = workers;
	step->objects = options->objects ?: DEFAULT_OBJECTS;
	lab_step__args(plan, step, "--%s=%s --shared=%s --workers=%lu --objects=%lu --ms=%d",
		       lock ? "lock" : "scheme", name, shared ? "yes" : "no", workers,
		       step->objects, PRECISION_MS);
	if (lock)
		step->lock = name;
	if (lock && options->interval_us) {
		step->interval_us = options->interval_us;
		lab_step__args(plan, step, "--interval-us=%lu", step->interval_us);
	}
	return step;
}

static void add_width(const struct lab_options *options, struct lab_plan *plan, uint64_t workers)
{
	/* A single thread shares its objects with nobody. */
	int kinds = workers > 1 ? 2 : 1;

	for (int shared = 0; shared < kinds; shared++) {
		for (size_t i = 0; count_schemes[i]; i++)
			add_step(options, plan, count_schemes[i]->name, false, shared, workers);
		add_step(options, plan, the_lock(options), true, shared, workers);
	}
}

/* One step is watched, beside the others: there the kernel's own counts can be compared. */
static void add_watched(const struct lab_options *options, struct lab_plan *plan)
{
	struct plan_arm *step = add_step(options, plan, the_lock(options), true, true,
					 most_workers(options));

	step->tracing = LAB_TRACED;
	snprintf(step->name, sizeof(step->name), "%.40s.watched", the_lock(options));
}

static int plan(const struct lab_options *options, struct lab_plan *plan)
{
	uint64_t most = most_workers(options);

	add_width(options, plan, 1);
	if (most > 2)
		add_width(options, plan, 2);
	if (most > 1)
		add_width(options, plan, most);
	if (options->traced)
		add_watched(options, plan);
	return 0;
}

/* How many times dearer an operation is in one arm than in another; n == 0: not measured. */
static int times_dearer(const struct observations *observations, const char *dear,
			const char *cheap, uint64_t workers, struct interval *out)
{
	char dear_arm[ROWS_NAME_SIZE], cheap_arm[ROWS_NAME_SIZE];
	struct observation_key a = { .arm = dear_arm, .metric = "count_ns" };
	struct observation_key b = { .arm = cheap_arm, .metric = "count_ns" };
	int err;

	name_arm(dear_arm, dear, false, workers);
	name_arm(cheap_arm, cheap, false, workers);
	err = observations__ratio(observations, &a, &b, out);
	return err == -ENODATA ? 0 : err;
}

/* With fewer than two blocks there is no interval, and neither comparison holds. */
static enum claim_verdict decide(const struct interval *inefficient, const struct interval *solved)
{
	if (inefficient->high < 1 || solved->high < 1)
		return CLAIM_REFUTED;
	if (inefficient->low > 1 && solved->low > 1)
		return CLAIM_SUPPORTED;
	return CLAIM_UNDECIDED;
}

/*
 * Two sentences, two ratios of ns per operation, objects of each thread's own:
 *  - "one lock per object is inefficient": object-lock / plain in one thread, where the lock
 *    guards against nobody, lies above 1;
 *  - "one global lock solves it": object-lock / the one lock with the most threads lies above 1,
 *    although these threads would not have needed to wait for each other.
 * Supported: both intervals lie above 1. Refuted: one lies below 1. Else undecided. The figure is
 * the second ratio. That the one lock keeps all counts right is C3's.
 */
static int judge(const struct lab_evidence *evidence, struct claims *claims)
{
	const struct observations *seen = evidence->observations;
	uint64_t most = most_workers(evidence->options);
	const char *lock = the_lock(evidence->options);
	struct interval inefficient, solved, naive, biased;
	char text[FIGURES_SIZE];
	int err = times_dearer(seen, count_lock.name, count_plain.name, 1, &inefficient);

	err = err ? err : times_dearer(seen, count_lock.name, lock, most, &solved);
	err = err ? err : times_dearer(seen, count_global.name, lock, most, &naive);
	err = err ? err : times_dearer(seen, count_biased.name, lock, most, &biased);
	if (err || !inefficient.n || !solved.n)
		return err;
	claims__add(claims, "C4", "granularity", decide(&inefficient, &solved), &solved, "ratio",
		    "a mutex each: %s times a plain count in 1 thread, %.3g times %s in %lu; a "
		    "global one at every step %.3g, biased %.3g times %s; %zu bytes an object, "
		    "biased %zu, with a mutex %zu",
		    figures__scaled(text, &inefficient, 1, "%.3g"), solved.mid, lock, most,
		    naive.mid, biased.mid, lock, count_plain.bytes, count_biased.bytes,
		    count_lock.bytes);
	return 0;
}

const struct lab lab_granularity = {
	.name = "granularity",
	.summary = "what one count operation costs: plain, locks, atomic, biased",
	.question = "Is one lock per object dear, and does one lock for all solve it?",
	.claims = { "C4", NULL },
	.takes = LAB_TAKES_WORKERS | LAB_TAKES_OBJECTS | LAB_TAKES_LOCK | LAB_TAKES_INTERVAL,
	.help = {
		.workers = "threads, at most (default: as many as CPUs, from 2 to "
			   LAB_TEXT(MOST_WORKERS) ")",
		.objects = "objects of a thread, or shared ones (default " LAB_TEXT(DEFAULT_OBJECTS)
			   ")",
		.lock = "the global lock: " LOCK_NAMES " (default gil)",
		.interval_us = "its switch interval in us (default 5000)",
	},
	.blocks = 9,
	.budget_s = 40,
	.warm_up = true,
	.plan = plan,
	.judge = judge,
};
