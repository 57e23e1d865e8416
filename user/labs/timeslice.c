// SPDX-License-Identifier: GPL-2.0-or-later
// timeslice: spinners on one CPU. Do they share it (C8), does each have a whole slice in one go
// (C10), and is that 15 to 20 ms (C12)?
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "workloads/crowd/spinner.h"
#include "labs/lab.h"
#include "labs/quiet.h"
#include "evidence/run_shares.h"

#define NAME "timeslice"
#define WATCH_MS 1700
#define WORKERS 4

/* C8: a share may be off by this much of an equal one; the tracer may differ by this much. */
#define FAIR_LIMIT 0.05

/* C10: so much of all pre-emptions must be whole slices; C12: so much must lie there. */
#define WHOLE_LIMIT 0.8
#define ARTICLE_LIMIT 0.5
#define ARTICLE_FROM_NS 15000000
#define ARTICLE_BELOW_NS 20000000

/*
 * C10, C12: where others keep the CPU busy as well, few slices are left without them, and their
 * wake-ups cut those short. A run with fewer is not looked at.
 */
#define LEAST_SLICES 10

static int plan(const struct lab_options *options, struct lab_plan *out)
{
	static const char *const arms[] = { "threads", "processes" };
	uint64_t workers = options->workers ?: WORKERS;

	if (workers > SPINNERS_MAX) {
		snprintf(out->why, sizeof(out->why), "%lu workers are too many; at most %d",
			 workers, SPINNERS_MAX);
		return -EINVAL;
	}
	for (size_t i = 0; i < sizeof(arms) / sizeof(arms[0]); i++) {
		struct plan_arm *step = lab_plan__step(out, NAME, "%s", arms[i]);

		step->workers = workers;
		step->tracing = i ? LAB_TRACED : LAB_TRACED_AND_NOT;
		lab_step__args(out, step, "--workers=%lu --who=%s --cpu=%d --ms=%d",
			       workers, arms[i], options->one_cpu, WATCH_MS);
	}
	return 0;
}

/* --- C8 ------------------------------------------------------------------------ */

static bool is_metric(const struct observation *item, const char *metric)
{
	return strcmp(item->row.metric, metric) == 0;
}

/* The number of spinners in a run, and the greatest deviation of a share from an equal one. */
static double deviation_in_run(const struct observations *all, const struct observation *run,
			       size_t *spinners)
{
	double deviation = 0;

	*spinners = 0;
	for (size_t i = 0; i < all->count; i++)
		*spinners += is_metric(&all->items[i], "cpu_share") &&
			     run_shares__same_run(&all->items[i], run);
	for (size_t i = 0; i < all->count; i++)
		if (is_metric(&all->items[i], "cpu_share") &&
		    run_shares__same_run(&all->items[i], run))
			deviation = fmax(deviation, fabs(all->items[i].row.value *
							 (double)*spinners - 1));
	return deviation;
}

/* CPU time of the run's spinners as the tracer saw it. */
static double traced_sum(const struct observations *all, const struct observation *run)
{
	double sum = 0;

	for (size_t i = 0; i < all->count; i++)
		if (is_metric(&all->items[i], "thread_cpu_ns") &&
		    strncmp(all->items[i].row.variant, "worker-", 7) == 0 &&
		    run_shares__same_run(&all->items[i], run))
			sum += all->items[i].row.value;
	return sum;
}

/* The same spinner's share by the tracer and by the kernel's CPU clock: the greatest difference. */
static double disagreement(const struct observations *all)
{
	double greatest = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct observation *share = &all->items[i];

		if (!is_metric(share, "cpu_share"))
			continue;
		for (size_t j = 0; j < all->count; j++) {
			const struct observation *traced = &all->items[j];

			if (is_metric(traced, "thread_cpu_ns") &&
			    strcmp(traced->row.variant, share->row.variant) == 0 &&
			    run_shares__same_run(traced, share))
				greatest = fmax(greatest, fabs(traced->row.value /
							       traced_sum(all, traced) -
							       share->row.value));
		}
	}
	return greatest;
}

/* Appends each run's deviation. Returns 0 or -ENOMEM; spinners: the fewest that a run had. */
static int collect_deviations(const struct observations *all, struct observations *out,
			      size_t *fewest)
{
	int err = 0;

	*fewest = SIZE_MAX;
	for (size_t i = 0; i < all->count && !err; i++) {
		const struct observation *item = &all->items[i];
		size_t spinners;
		double deviation;

		if (!is_metric(item, "cpu_share") || !run_shares__is_first(all, i))
			continue;
		deviation = deviation_in_run(all, item, &spinners);
		*fewest = spinners < *fewest ? spinners : *fewest;
		err = observations__put(out, item->row.arm, item->row.block, "deviation", "-",
					deviation);
	}
	return err;
}

/* The arm that is worse off decides. Returns 0, -ENODATA or -ENOMEM. */
static int worse_arm(const struct observations *deviations, struct interval *worst)
{
	static const char *const arms[] = { "threads", "processes" };

	for (size_t i = 0; i < sizeof(arms) / sizeof(arms[0]); i++) {
		const struct observation_key key = { arms[i], "deviation", "-" };
		struct interval interval;
		int err = observations__median(deviations, &key, &interval);

		if (err)
			return err;
		if (i == 0 || interval.mid > worst->mid)
			*worst = interval;
	}
	return 0;
}

static int judge_sharing(const struct observations *all, struct claims *claims)
{
	struct observations deviations = { 0 };
	double difference = disagreement(all);
	struct interval worst;
	size_t fewest;
	int err = collect_deviations(all, &deviations, &fewest);

	if (!err)
		err = worse_arm(&deviations, &worst);
	if (err == -ENODATA)
		claims__add(claims, "C8", NAME, CLAIM_UNDECIDED, NULL, NULL,
			    "no shares of threads and of processes were observed");
	else if (!err && fewest < 2)
		claims__add(claims, "C8", NAME, CLAIM_UNDECIDED, &worst, "ratio",
			    "one spinner has nobody to share with; ask for two or more workers");
	else if (!err && difference > FAIR_LIMIT)
		claims__add(claims, "C8", NAME, CLAIM_UNDECIDED, &worst, "ratio",
			    "the tracer's CPU times and the kernel's CPU clocks differ by up to "
			    "%.1f %% of the CPU", difference * 100);
	else if (!err)
		claims__add(claims, "C8", NAME, lab__below(&worst, FAIR_LIMIT), &worst, "ratio",
			    "spinners on one CPU get shares that differ from equal ones by %.1f %% "
			    "at most, threads and processes alike (rule: below %.0f %%); the "
			    "tracer's CPU times agree within %.1f %% of the CPU",
			    worst.mid * 100, FAIR_LIMIT * 100, difference * 100);
	observations__free(&deviations);
	return err == -ENODATA ? 0 : err;
}

/* --- C10 and C12 --------------------------------------------------------------- */

/* The median over blocks of that part of the pre-empted slices. */
static int preempted_share(const struct observations *all, uint64_t from_ns, uint64_t below_ns,
			   struct interval *out)
{
	const struct run_shares_part part = { "histogram_preempted", from_ns, below_ns,
					      LEAST_SLICES };
	const struct observation_key key = { NULL, "share", "-" };
	struct observations shares = { 0 };
	int err = run_shares__of_histogram(all, &part, &shares, "share");

	if (!err)
		err = observations__median(&shares, &key, out);
	observations__free(&shares);
	return err;
}

static double only(const struct observations *all, const char *metric)
{
	const struct observation_key key = { NULL, metric, "-" };

	return observations__max(all, &key);
}

/*
 * A pre-empted slice is whole if it is as long as the kernel's slice, and not longer than until
 * the first tick after that: it is the tick that looks. Both as far as a bucket can tell: one that
 * begins with that tick has the slices that it ended.
 */
static int judge_slices(const struct observations *all, struct claims *claims)
{
	double slice = only(all, "kernel_slice_ns"), tick = only(all, "kernel_tick_ns");
	struct interval whole;
	int err;

	if (isnan(slice) || isnan(tick)) {
		claims__add(claims, "C10", NAME, CLAIM_UNDECIDED, NULL, NULL,
			    "the kernel's slice or tick is not known here (Linux 6.12 tells it)");
		return 0;
	}
	err = preempted_share(all, (uint64_t)slice / PREEMPTED_BUCKET_NS * PREEMPTED_BUCKET_NS,
			      (uint64_t)(slice + tick) + 1, &whole);
	if (!err)
		claims__add(claims, "C10", NAME, lab__above(&whole, WHOLE_LIMIT), &whole, "ratio",
			    "of the slices from one pre-emption among the spinners to the next, "
			    "%.0f %% lasted for the kernel's slice of %.1f ms, and ended by the "
			    "next tick (%.0f ms) after it (rule: above %.0f %%)",
			    whole.mid * 100, slice / 1e6, tick / 1e6, WHOLE_LIMIT * 100);
	return err;
}

/* Where the bucket begins up to whose end half of all lie. Returns 0, -ENODATA or -ENOMEM. */
static int middle_ms(const struct observations *all, double *middle)
{
	struct interval up_to;
	int err = 0;

	*middle = NAN;
	for (uint64_t bucket = 0; bucket < HISTOGRAM_BUCKETS && isnan(*middle) && !err; bucket++) {
		err = preempted_share(all, 0, (bucket + 1) * PREEMPTED_BUCKET_NS, &up_to);
		if (!err && up_to.mid >= 0.5)
			*middle = (double)bucket * (PREEMPTED_BUCKET_NS / 1e6);
	}
	return err;
}

static int judge_length(const struct observations *all, struct claims *claims)
{
	double slice = only(all, "kernel_slice_ns"), tick = only(all, "kernel_tick_ns");
	double middle = NAN;
	char kernel[80] = "not known";
	struct interval there;
	int err = preempted_share(all, ARTICLE_FROM_NS, ARTICLE_BELOW_NS, &there);

	if (!err)
		err = middle_ms(all, &middle);
	if (!isnan(slice) && !isnan(tick))
		snprintf(kernel, sizeof(kernel), "%.1f ms, its tick %.0f ms", slice / 1e6,
			 tick / 1e6);
	if (!err)
		claims__add(claims, "C12", NAME, lab__above(&there, ARTICLE_LIMIT), &there, "ratio",
			    "%.0f %% of the slices from one pre-emption among the spinners to the "
			    "next lasted 15 to 20 ms (rule: more than half); the middle one lasted "
			    "%.0f to %.0f ms; the kernel's slice is %s",
			    there.mid * 100, middle, middle + 1, kernel);
	return err;
}

/* Others' wake-ups cut slices short: of them nothing follows for the slices of a CPU of one's own. */
static int judge_both(const struct lab_evidence *evidence, struct claims *claims)
{
	const struct observations *all = evidence->observations;
	double others = quiet__others(evidence);
	int err;

	if (others > QUIET_MOST) {
		for (size_t i = 0; i < 2; i++)
			claims__add(claims, i ? "C12" : "C10", NAME, CLAIM_UNDECIDED, NULL, NULL,
				    "other processes used %.0f %% of the CPUs' time during the runs, "
				    "more than %.0f %%, and cut slices short. Try again on a quiet "
				    "machine", others * 100, QUIET_MOST * 100);
		return 0;
	}
	err = judge_slices(all, claims);
	return err ? err : judge_length(all, claims);
}

static int judge(const struct lab_evidence *evidence, struct claims *claims)
{
	static const char *const about_slices[] = { "C10", "C12" };
	int err = judge_sharing(evidence->observations, claims);

	if (!err)
		err = judge_both(evidence, claims);
	if (err != -ENODATA)
		return err;
	for (size_t i = 0; i < sizeof(about_slices) / sizeof(about_slices[0]); i++)
		claims__add(claims, about_slices[i], NAME, CLAIM_UNDECIDED, NULL, NULL,
			    "no run had %d pre-emptions among the spinners without others in "
			    "between; trace it when the machine is less busy", LEAST_SLICES);
	return 0;
}

const struct lab lab_timeslice = {
	.name = NAME,
	.summary = "how do spinners share one CPU, and how long does each have it in one go?",
	.question = "Do tasks share one CPU, and how long is a time slice?",
	.claims = { "C8", "C10", "C12", NULL },
	.takes = LAB_TAKES_WORKERS,
	.help.workers = "spinners that share one CPU (default " LAB_TEXT(WORKERS) ")",
	.blocks = 7,
	.budget_s = 40,
	.plan = plan,
	.judge = judge,
};
