// SPDX-License-Identifier: GPL-2.0-or-later
// ipc: what it costs processes to share data, and what becomes of data they share unguarded.
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/proctext.h"
#include "labs/lab.h"

#define WORKERS 2
#define MQ_LIMIT "/proc/sys/fs/mqueue/msgsize_max"
/* Two queues of 8 messages of 4 KiB, with what the kernel adds (mq_overview(7)). */
#define MQ_BYTES (2UL * 8 * (4096 + 128))

/* Those that carry a message from memory of one process into memory of another. */
static const char *const process_means[] = { "pipe", "unix", "shm", "mq" };
static const unsigned int sizes[] = { 64, 4096, 65536 };
static const char *const guards[] = { "none", "private", "mutex", "semaphore", "robust" };

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define SMALLEST sizes[0]
#define LARGEST sizes[LENGTH(sizes) - 1]

/* The largest message that a queue takes; 0: there are no queues for us. */
static unsigned int mq_limit(void)
{
	uint64_t bytes = proctext__read_number(MQ_LIMIT);
	struct rlimit limit;

	if (bytes == PROCTEXT_UNKNOWN || getrlimit(RLIMIT_MSGQUEUE, &limit) ||
	    limit.rlim_cur < MQ_BYTES)
		return 0;
	return bytes < LARGEST ? (unsigned int)bytes : LARGEST - 1;
}

/* On one CPU: where the scheduler puts two parties would drown what the means cost. */
static void add_exchange(struct lab_plan *plan, const char *means, unsigned int bytes)
{
	struct plan_arm *step = lab_plan__step(plan, "ipc", "%s-%u", means, bytes);

	step->tracing = LAB_UNTRACED;
	step->one_cpu = true;
	lab_step__args(plan, step, "--means %s --bytes %u --messages 2000", means, bytes);
}

/* Only without a guard is it a matter of having overlapped: that one may take longer. */
static void add_counter(struct lab_plan *plan, const char *guard, uint64_t workers)
{
	struct plan_arm *step = lab_plan__step(plan, "ipc", "counter-%s", guard);

	step->workers = workers;
	lab_step__args(plan, step, "--guard %s --workers %lu --limit-ms %d", guard, workers,
		       strcmp(guard, "none") == 0 ? 3000 : 500);
}

static int plan(const struct lab_options *options, struct lab_plan *plan)
{
	unsigned int mq = mq_limit();

	for (size_t s = 0; s < LENGTH(sizes); s++) {
		add_exchange(plan, "pointer", sizes[s]);
		add_exchange(plan, "in-place", sizes[s]);
		for (size_t m = 0; m < LENGTH(process_means); m++)
			if (strcmp(process_means[m], "mq") || sizes[s] <= mq)
				add_exchange(plan, process_means[m], sizes[s]);
	}
	for (size_t g = 0; g < LENGTH(guards); g++)
		add_counter(plan, guards[g], options->workers ?: WORKERS);
	return 0;
}

/* Latency of a means as a multiple of the pointer's; n == 0: not observed. */
static struct interval over_pointer(const struct observations *observations, const char *means,
				    unsigned int bytes)
{
	char arm[ROWS_NAME_SIZE], pointer[ROWS_NAME_SIZE];
	const struct observation_key a = { arm, "ipc_latency_ns", NULL };
	const struct observation_key b = { pointer, "ipc_latency_ns", NULL };
	struct interval ratio;

	snprintf(arm, sizeof(arm), "%s-%u", means, bytes);
	snprintf(pointer, sizeof(pointer), "pointer-%u", bytes);
	observations__ratio(observations, &a, &b, &ratio);
	return ratio;
}

/* The means between processes that takes least. */
static const char *cheapest(const struct observations *observations, unsigned int bytes,
			    struct interval *least)
{
	const char *name = "";

	*least = (struct interval){ NAN, NAN, NAN, 0 };
	for (size_t m = 0; m < LENGTH(process_means); m++) {
		struct interval ratio = over_pointer(observations, process_means[m], bytes);

		if (ratio.n && (!least->n || ratio.mid < least->mid)) {
			*least = ratio;
			name = process_means[m];
		}
	}
	return name;
}

/* Updates made in private memory that the parent got to see all the same; NAN: not observed. */
static double arrived_without_ipc(const struct observations *observations)
{
	const struct observation_key made = { "counter-private", "shared_updates", NULL };
	const struct observation_key lost = { "counter-private", "shared_lost", NULL };

	return observations__sum(observations, &made) - observations__sum(observations, &lost);
}

/*
 * Supported: nothing written to private memory arrives elsewhere, and at 64 KiB the whole
 * interval of even the cheapest means lies above 1. Refuted: something arrives, or the whole
 * interval lies at or below 1.
 */
static void judge_cost(const struct lab_evidence *evidence, struct claims *claims)
{
	struct interval small, large;
	const char *small_means = cheapest(evidence->observations, SMALLEST, &small);
	const char *large_means = cheapest(evidence->observations, LARGEST, &large);
	struct interval in_place = over_pointer(evidence->observations, "in-place", LARGEST);
	double arrived = arrived_without_ipc(evidence->observations);
	enum claim_verdict verdict = CLAIM_UNDECIDED;

	if (!large.n || isnan(arrived)) {
		claims__add(claims, "C14", "ipc", CLAIM_UNDECIDED, NULL, "",
			    "no valid pair of runs with 64 KiB messages, or none with memory that "
			    "is not shared");
		return;
	}
	if (arrived > 0 || large.high <= 1)
		verdict = CLAIM_REFUTED;
	else if (large.low > 1)
		verdict = CLAIM_SUPPORTED;
	claims__add(claims, "C14", "ipc", verdict, &large, "ratio",
		    "%.0f updates arrived without IPC; 64 KiB by %s, the cheapest, take this many "
		    "times as long as a pointer between threads (64 B by %s: %.2f; 64 KiB written "
		    "in place in shared memory: %.2f). Rule: none arrive, interval above 1",
		    arrived, large_means, small_means, small.mid, in_place.mid);
}

struct losses {
	size_t runs;
	double least;
	double most;
};

static struct losses losses_under(const struct observations *observations, const char *guard)
{
	char arm[ROWS_NAME_SIZE];
	struct observation_key key = { arm, "shared_lost", NULL };

	snprintf(arm, sizeof(arm), "counter-%s", guard);
	return (struct losses){ observations__count(observations, &key),
				observations__min(observations, &key),
				observations__max(observations, &key) };
}

/*
 * Supported: every run without a guard has lost updates, none with one has, and an owner was
 * killed in every run with the robust mutex. Refuted: a guard has lost updates, or, on several
 * CPUs, no run without one has.
 */
static enum claim_verdict verdict_on_guards(const struct lab_evidence *evidence)
{
	const struct observation_key died = { "counter-robust", "owner_died", NULL };
	struct losses none = losses_under(evidence->observations, "none");
	enum claim_verdict verdict = CLAIM_SUPPORTED;

	for (size_t g = 2; g < LENGTH(guards); g++) {
		struct losses guarded = losses_under(evidence->observations, guards[g]);

		if (!guarded.runs)
			verdict = CLAIM_UNDECIDED;
		else if (guarded.least != 0 || guarded.most != 0)
			return CLAIM_REFUTED;
	}
	if (none.runs && none.most == 0 && evidence->options->cpus > 1)
		return CLAIM_REFUTED;
	if (!none.runs || none.least == 0 ||
	    !(observations__min(evidence->observations, &died) >= 1))
		verdict = CLAIM_UNDECIDED;
	return verdict;
}

static double most_lost_under_guards(const struct observations *observations)
{
	double most = 0;

	for (size_t g = 2; g < LENGTH(guards); g++) {
		struct losses guarded = losses_under(observations, guards[g]);

		if (guarded.runs && guarded.most > most)
			most = guarded.most;
	}
	return most;
}

static void judge_guards(const struct lab_evidence *evidence, struct claims *claims)
{
	const struct observations *observations = evidence->observations;
	const struct observation_key lost = { "counter-none", "shared_lost", NULL };
	const struct observation_key made = { "counter-none", "shared_updates", NULL };
	const struct observation_key died = { "counter-robust", "owner_died", NULL };
	struct losses none = losses_under(observations, "none");
	struct interval share;

	observations__ratio(observations, &lost, &made, &share);
	claims__add(claims, "C15", "ipc", verdict_on_guards(evidence), &share, "ratio",
		    "share of updates lost with no guard (%.0f or more in each of %zu runs, %u "
		    "CPUs); most lost with one: %.0f; killed owners recovered from: %.0f. Rule: "
		    "every run without a guard loses, none with one",
		    none.least, none.runs, evidence->options->cpus,
		    most_lost_under_guards(observations), observations__sum(observations, &died));
}

static int judge(const struct lab_evidence *evidence, struct claims *claims)
{
	judge_cost(evidence, claims);
	judge_guards(evidence, claims);
	return 0;
}

const struct lab lab_ipc = {
	.name = "ipc",
	.summary = "sharing between processes: what a message costs, and what a lock must guard",
	.question = "What does it cost processes to share data, and what goes wrong?",
	.claims = { "C14", "C15", NULL },
	.takes = LAB_TAKES_WORKERS,
	.help.workers = "processes that share the counter (default " LAB_TEXT(WORKERS) ")",
	.blocks = 12,
	.budget_s = 45,
	.warm_up = true,
	.plan = plan,
	.judge = judge,
};
