// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab_race - C3: do threads that share an object need a lock for its count?
 *
 * The same counting with a plain count, with every scheme that is to keep it right, and with a
 * plain count under every lock.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "workloads/counting/count.h"
#include "workloads/locks/lock.h"
#include "labs/lab.h"

/* By default no more threads than CPUs: some locks all but stand still with more. */
#define MOST_WORKERS 4
#define TIME_LIMIT_MS 150
#define INTERVAL_US 100

/* All names of schemes and locks, with commas. */
#define NAMES_SIZE (sizeof(COUNT_NAMES ", " LOCK_NAMES))

/* A program that lets its losses be seen often; the others have no more to show by repetition. */
static void add_step(const struct lab_options *options, struct lab_plan *plan, const char *name,
		     bool lock)
{
	struct plan_arm *step = lab_plan__step(plan, "race", "%s", name);
	uint64_t workers = options->cpus < MOST_WORKERS ? options->cpus : MOST_WORKERS;

	step->tracing = strcmp(name, count_plain.name) == 0 ? LAB_TRACED_AND_NOT : LAB_TRACED;
	step->workers = options->workers ? options->workers : workers < 2 ? 2 : workers;
	lab_step__args(plan, step, "--%s=%s --workers=%lu --time-limit-ms=%d",
		       lock ? "lock" : "scheme", name, step->workers, TIME_LIMIT_MS);
	if (!lock)
		return;
	step->lock = name;
	step->interval_us = options->interval_us ?: INTERVAL_US;
	lab_step__args(plan, step, "--interval-us=%lu", step->interval_us);
}

static int plan(const struct lab_options *options, struct lab_plan *plan)
{
	for (size_t i = 0; count_schemes[i]; i++)
		add_step(options, plan, count_schemes[i]->name, false);
	for (size_t i = 0; lock_kinds[i]; i++)
		if (lock_kinds[i]->shared)
			add_step(options, plan, lock_kinds[i]->name, true);
	return 0;
}

static struct observation_key key_of(const char *metric, const char *variant)
{
	return (struct observation_key){ .metric = metric, .variant = variant };
}

/* What the runs of one scheme or lock say. */
struct tally {
	const char *name;
	size_t runs;
	size_t losing;		/* that lost an update */
	size_t meeting;		/* in which threads were seen to count at the same time */
};

static size_t above_zero(const struct observations *observations, const char *metric,
			 const char *variant)
{
	struct observation_key key = key_of(metric, variant);
	double values[1024];
	size_t n = observations__values(observations, &key, values, 1024), above = 0;

	for (size_t i = 0; i < n; i++)
		above += values[i] > 0;
	return above;
}

static struct tally tally_of(const struct observations *observations, const char *name)
{
	struct observation_key lost = key_of("race_lost", name);

	return (struct tally){
		.name = name,
		.runs = observations__count(observations, &lost),
		.losing = above_zero(observations, "race_lost", name),
		.meeting = above_zero(observations, "race_meetings", name),
	};
}

/* Those that are to keep the count right, in sum. */
struct guarded {
	size_t count;			/* schemes and locks that were run */
	size_t runs;
	char leaking[NAMES_SIZE];	/* all that lost an update, with commas; "": none */
	char untested[NAMES_SIZE];	/* all whose threads never met */
};

static void add_name(char names[NAMES_SIZE], const char *name)
{
	size_t length = strlen(names);

	snprintf(names + length, NAMES_SIZE - length, "%s%s", length ? ", " : "", name);
}

static void add_guarded(struct guarded *guarded, const struct tally *tally)
{
	if (!tally->runs)
		return;
	guarded->count++;
	guarded->runs += tally->runs;
	if (tally->losing)
		add_name(guarded->leaking, tally->name);
	if (!tally->meeting)
		add_name(guarded->untested, tally->name);
}

static struct guarded all_guarded(const struct observations *observations)
{
	struct guarded guarded = { 0 };

	for (size_t i = 0; count_schemes[i]; i++) {
		struct tally tally = tally_of(observations, count_schemes[i]->name);

		if (count_schemes[i] != &count_plain)
			add_guarded(&guarded, &tally);
	}
	for (size_t i = 0; lock_kinds[i]; i++) {
		struct tally tally = tally_of(observations, lock_kinds[i]->name);

		if (lock_kinds[i]->shared)
			add_guarded(&guarded, &tally);
	}
	return guarded;
}

static enum claim_verdict decide(const struct tally *plain, const struct guarded *guarded)
{
	if (*guarded->leaking)
		return CLAIM_REFUTED;
	if (!plain->losing)
		return plain->meeting == plain->runs ? CLAIM_REFUTED : CLAIM_UNDECIDED;
	if (plain->losing < plain->runs || !guarded->count || *guarded->untested)
		return CLAIM_UNDECIDED;
	return CLAIM_SUPPORTED;
}

/*
 * Supported: a plain count lost updates in every run, and no scheme and no lock lost one in any,
 * though the threads of each were seen to count at the same time.
 * Refuted: a plain count lost nothing although threads met in every run; or a scheme or a lock
 * lost an update, for then a lock is not what is needed.
 * Undecided: a plain count lost updates in some runs only, or threads did not meet, as on one
 * CPU, where a second is what is lacking.
 * The figure is the share of a plain count's updates that were lost.
 */
static int judge(const struct lab_evidence *evidence, struct claims *claims)
{
	const struct observations *seen = evidence->observations;
	struct observation_key lost = key_of("race_lost", count_plain.name);
	struct observation_key operations = key_of("race_operations", count_plain.name);
	struct tally plain = tally_of(seen, count_plain.name);
	struct guarded guarded = all_guarded(seen);
	enum claim_verdict verdict = decide(&plain, &guarded);
	bool lacks_cpu = verdict == CLAIM_UNDECIDED && evidence->options->cpus < 2;
	struct interval figure;
	int err;

	if (!plain.runs)
		return 0;
	err = observations__ratio(seen, &lost, &operations, &figure);
	if (err == -ENOMEM)
		return err;
	claims__add(claims, "C3", "race", verdict, &figure, "ratio",
		    "a plain count lost updates in %zu of %zu runs (threads met in %zu); %zu locks "
		    "and schemes lost %s in %zu runs%s%s%s%s%s", plain.losing, plain.runs,
		    plain.meeting, guarded.count, *guarded.leaking ? "some" : "none", guarded.runs,
		    lacks_cpu ? "; on one CPU threads hardly ever meet: allow a second" : "",
		    *guarded.leaking ? "; of these: " : "", guarded.leaking,
		    *guarded.untested ? "; not put to the test: " : "", guarded.untested);
	return 0;
}

const struct lab lab_race = {
	.name = "race",
	.summary = "updates of a shared count that are lost, with and without a lock",
	.question = "Do threads that share an object need a lock for its count?",
	.claims = { "C3", NULL },
	.takes = LAB_TAKES_WORKERS | LAB_TAKES_INTERVAL,
	.help = {
		.workers = "threads (default: as many as CPUs, from 2 to " LAB_TEXT(MOST_WORKERS)
			   "; ticket, mcs and clh all but stand still with more than CPUs)",
		.interval_us = "switch interval of the locks in us (default " LAB_TEXT(INTERVAL_US)
			       ")",
	},
	.blocks = 10,
	.budget_s = 60,
	.plan = plan,
	.judge = judge,
};
