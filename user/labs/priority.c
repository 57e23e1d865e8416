// SPDX-License-Identifier: GPL-2.0-or-later
// priority: nice levels, turns and pre-emption on one CPU (C9), and whether the scheduler runs
// when a process is created and when one ends (C11).
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "labs/lab.h"
#include "evidence/run_shares.h"

#define NAME "priority"

/* C9: a share may be off by this much of what the weights say. */
#define NICE_LIMIT 0.1

#define NICE_STEP 5
#define WORST_NICE 19

/* C9: a turn under SCHED_RR may be off by this much of the quantum, which ticks cut. */
#define TURN_LIMIT 0.25

/* C9: a real-time thread must not wait for a tick, of which it would wait for half. */
#define WAKE_LIMIT 0.25

/*
 * C11: a switch belongs to an event if it comes this soon after. A power of 2, as the buckets
 * are, and time enough for an exit to take the process's memory down before it lets go.
 */
#define AFTER_NS (1ULL << 18)

/* C11: if so few more switches follow than by chance, or fewer, none belongs to the event. */
#define CHANCE_LIMIT 0.1

static struct plan_arm *add_step(const struct lab_options *options, struct lab_plan *out,
				 const char *arm, const char *part)
{
	struct plan_arm *step = lab_plan__step(out, NAME, "%s", arm);

	lab_step__args(out, step, "--part=%s --cpu=%d", part, options->one_cpu);
	return step;
}

/* What the machine refuses becomes evidence. */
static void add_realtime(const struct lab_options *options, struct lab_plan *out, const char *arm,
			 const char *part, const char *policy, int ms)
{
	struct plan_arm *step = add_step(options, out, arm, part);

	step->tracing = LAB_UNTRACED;
	step->privileged = true;
	lab_step__args(out, step, "--policy=%s --ms=%d --optional", policy, ms);
}

/*
 * Levels 0, 5 and 10. Started at a worse level than 0 the program may not go back there, so they
 * begin at that one: the weights of any levels will do, so long as there are two.
 */
static void add_nice(const struct lab_options *options, struct lab_plan *out)
{
	int level = options->nice > 0 ? options->nice : 0;
	char levels[32] = "";
	struct plan_arm *step;

	if (level >= WORST_NICE)
		return;
	for (int i = 0; i < 3; i++, level += NICE_STEP) {
		size_t length = strlen(levels);

		snprintf(levels + length, sizeof(levels) - length, "%s%d", i ? "," : "",
			 level < WORST_NICE ? level : WORST_NICE);
		if (level >= WORST_NICE)
			break;
	}
	step = add_step(options, out, "nice", "nice");
	lab_step__args(out, step, "--nice=%s --ms=1200", levels);
}

static int plan(const struct lab_options *options, struct lab_plan *out)
{
	struct plan_arm *step;

	add_nice(options, out);
	add_realtime(options, out, "rr", "rotation", "rr", 800);
	add_realtime(options, out, "fifo", "rotation", "fifo", 300);
	add_realtime(options, out, "wake-fifo", "preemption", "fifo", 1);
	add_realtime(options, out, "wake-other", "preemption", "other", 1);
	step = add_step(options, out, "births", "births");
	step->tracing = LAB_TRACED;
	step->births = true;
	lab_step__args(out, step, "--forks=200");
	return 0;
}

/* --- C9 ------------------------------------------------------------------------ */

/* One refuted part refutes the whole; all must be supported to support it. */
static enum claim_verdict both(enum claim_verdict a, enum claim_verdict b)
{
	if (a == CLAIM_REFUTED || b == CLAIM_REFUTED)
		return CLAIM_REFUTED;
	return a == CLAIM_SUPPORTED && b == CLAIM_SUPPORTED ? CLAIM_SUPPORTED : CLAIM_UNDECIDED;
}

static double expected_in_run(const struct observations *all, const struct observation *share)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->items[i].row.metric, "nice_expected") == 0 &&
		    strcmp(all->items[i].row.variant, share->row.variant) == 0 &&
		    run_shares__same_run(&all->items[i], share))
			return all->items[i].row.value;
	return NAN;
}

/* How far the worst share of this run is from what the weights say, in parts of that. */
static double worst_of_run(const struct observations *all, const struct observation *run)
{
	double worst = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct observation *item = &all->items[i];
		double off;

		if (strcmp(item->row.metric, "nice_share") ||
		    !run_shares__same_run(item, run))
			continue;
		off = fabs(item->row.value / expected_in_run(all, item) - 1);
		worst = isnan(off) ? NAN : fmax(worst, off);
		if (isnan(worst))
			break;
	}
	return worst;
}

static int nice_deviation(const struct observations *all, struct interval *out)
{
	const struct observation_key key = { NULL, "deviation", "-" };
	struct observations deviations = { 0 };
	int err = 0;

	for (size_t i = 0; i < all->count && !err; i++) {
		const struct observation_row *row = &all->items[i].row;

		if (strcmp(row->metric, "nice_share") == 0 && run_shares__is_first(all, i))
			err = observations__put(&deviations, row->arm, row->block, "deviation", "-",
						worst_of_run(all, &all->items[i]));
	}
	if (!err)
		err = observations__median(&deviations, &key, out);
	observations__free(&deviations);
	return err;
}

/* The parts of C9; n == 0: not observed. */
struct priorities {
	struct interval nice;		/* deviation from the weights */
	struct interval turn;		/* SCHED_RR, in quanta */
	struct interval rr_turns;
	struct interval fifo_turns;
	struct interval wake;		/* SCHED_FIFO, in ticks */
	double wake_us;
	double wake_other_us;
	bool refused;
};

static int median(const struct observations *all, const char *arm, const char *metric,
		  const char *variant, struct interval *out)
{
	const struct observation_key key = { arm, metric, variant };
	int err = observations__median(all, &key, out);

	return err == -ENODATA ? 0 : err;
}

static int ratio(const struct observations *all, const char *arm, const char *above,
		 const char *variant, const char *under, struct interval *out)
{
	const struct observation_key a = { arm, above, variant }, b = { arm, under, "-" };
	int err = observations__ratio(all, &a, &b, out);

	return err == -ENODATA ? 0 : err;
}

static int look_at_priorities(const struct observations *all, struct priorities *found)
{
	const struct observation_key refused = { NULL, "realtime", "refused" };
	struct interval fifo_ns, other_ns;
	int err = nice_deviation(all, &found->nice);

	err = err == -ENODATA ? 0 : err;
	err = err ? err : ratio(all, "rr", "turn_ns", "-", "quantum_ns", &found->turn);
	err = err ? err : median(all, "rr", "turns", "-", &found->rr_turns);
	err = err ? err : median(all, "fifo", "turns", "-", &found->fifo_turns);
	err = err ? err : ratio(all, "wake-fifo", "wake_latency_ns", "p50", "kernel_tick_ns",
				&found->wake);
	err = err ? err : median(all, "wake-fifo", "wake_latency_ns", "p50", &fifo_ns);
	err = err ? err : median(all, "wake-other", "wake_latency_ns", "p99", &other_ns);
	if (err)
		return err;
	found->wake_us = fifo_ns.mid / 1000;
	found->wake_other_us = other_ns.mid / 1000;
	found->refused = observations__count(all, &refused) > 0;
	return 0;
}

/* Equal threads take turns of one quantum under SCHED_RR, and none under SCHED_FIFO. */
static enum claim_verdict judge_rotation(const struct priorities *found)
{
	struct interval turn = found->turn;
	enum claim_verdict verdict;

	if (!found->rr_turns.n || !found->fifo_turns.n)
		return CLAIM_UNDECIDED;
	if (found->rr_turns.mid < 2 || found->fifo_turns.mid >= 2)
		return CLAIM_REFUTED;
	if (turn.low > 1 - TURN_LIMIT && turn.high < 1 + TURN_LIMIT)
		verdict = CLAIM_SUPPORTED;
	else if (turn.high < 1 - TURN_LIMIT || turn.low > 1 + TURN_LIMIT)
		verdict = CLAIM_REFUTED;
	else
		verdict = CLAIM_UNDECIDED;
	return verdict;
}

/* What a judge without any shares can say. */
static void say_no_shares(const struct lab_options *options, struct claims *claims)
{
	if (options->nice >= WORST_NICE)
		claims__add(claims, "C9", NAME, CLAIM_UNDECIDED, NULL, NULL,
			    "this was started at nice level %d, and there is none below to "
			    "compare with: start it without nice, or at %d at most", options->nice,
			    WORST_NICE - 1);
	else
		claims__add(claims, "C9", NAME, CLAIM_UNDECIDED, NULL, NULL,
			    "no shares by nice level were observed");
}

static int judge_priorities(const struct lab_evidence *evidence, struct claims *claims)
{
	const struct observations *all = evidence->observations;
	struct priorities found = { 0 };
	enum claim_verdict verdict, realtime;
	int err = look_at_priorities(all, &found);

	if (err)
		return err;
	verdict = lab__below(&found.nice, NICE_LIMIT);
	realtime = both(judge_rotation(&found), lab__below(&found.wake, WAKE_LIMIT));
	if (!found.nice.n)
		say_no_shares(evidence->options, claims);
	else if (found.refused)
		claims__add(claims, "C9", NAME, both(verdict, CLAIM_UNDECIDED), &found.nice,
			    "ratio", "shares by nice level are within %.1f %% of the kernel's "
			    "weights (limit %.0f %%); real-time policies are refused here: that "
			    "takes CAP_SYS_NICE and a second CPU", found.nice.mid * 100,
			    NICE_LIMIT * 100);
	else
		claims__add(claims, "C9", NAME, both(verdict, realtime), &found.nice, "ratio",
			    "nice: shares %.1f %% off the weights (limit %.0f %%). SCHED_RR: %.0f "
			    "turns of %.2f quanta; SCHED_FIFO: %.0f turn. A FIFO thread has the "
			    "CPU %.0f us after waking (limit: %.2f tick); at worst %.0f us for an "
			    "ordinary one", found.nice.mid * 100, NICE_LIMIT * 100,
			    found.rr_turns.mid, found.turn.mid, found.fifo_turns.mid,
			    found.wake_us, WAKE_LIMIT, found.wake_other_us);
	return 0;
}

/* --- C11 ----------------------------------------------------------------------- */

/* How much more often a switch follows soon after the event than after a mark. */
static int excess_over_chance(const struct observations *all, const char *histogram,
			      struct interval *out, double *chance)
{
	const struct run_shares_part event = { histogram, 0, AFTER_NS, 0 };
	const struct run_shares_part mark = { "histogram_after_mark", 0, AFTER_NS, 0 };
	const struct observation_key a = { NULL, "event", "-" }, b = { NULL, "mark", "-" };
	struct observations shares = { 0 };
	struct interval marks = { NAN, NAN, NAN, 0 };
	int err = run_shares__of_histogram(all, &event, &shares, "event");

	if (!err)
		err = run_shares__of_histogram(all, &mark, &shares, "mark");
	if (!err)
		err = observations__difference(&shares, &a, &b, out);
	if (!err)
		err = observations__median(&shares, &b, &marks);
	*chance = marks.mid;
	observations__free(&shares);
	return err;
}

static enum claim_verdict more_than_chance(const struct interval *excess)
{
	if (excess->low > 0)
		return CLAIM_SUPPORTED;
	return excess->high < CHANCE_LIMIT ? CLAIM_REFUTED : CLAIM_UNDECIDED;
}

static int judge_births(const struct observations *all, struct claims *claims)
{
	struct interval fork, wake, end;
	enum claim_verdict verdict;
	double chance;
	int err = excess_over_chance(all, "histogram_after_fork", &fork, &chance);

	err = err ? err : excess_over_chance(all, "histogram_after_wake_new", &wake, &chance);
	err = err ? err : excess_over_chance(all, "histogram_after_exit", &end, &chance);
	if (err == -ENODATA) {
		claims__add(claims, "C11", NAME, CLAIM_UNDECIDED, NULL, NULL,
			    "what follows forks and exits was not traced");
		return 0;
	}
	if (err)
		return err;
	verdict = both(both(more_than_chance(&fork), more_than_chance(&wake)),
		       more_than_chance(&end));
	claims__add(claims, "C11", NAME, verdict, &fork, "ratio",
		    "within %.2f ms a switch follows %.0f %% of the marks; of forks it follows %.0f "
		    "points more, of new tasks' wake-ups %.0f, of exits %.0f (rule: all above 0; "
		    "refuted where below %.0f)", AFTER_NS / 1e6, chance * 100, fork.mid * 100,
		    wake.mid * 100, end.mid * 100, CHANCE_LIMIT * 100);
	return 0;
}

static int judge(const struct lab_evidence *evidence, struct claims *claims)
{
	int err = judge_priorities(evidence, claims);

	return err ? err : judge_births(evidence->observations, claims);
}

const struct lab lab_priority = {
	.name = NAME,
	.summary = "what nice levels, real-time policies, forks and exits do on one CPU",
	.question = "Does the scheduler mix priorities with round robin, and when does it run?",
	.claims = { "C9", "C11", NULL },
	.blocks = 7,
	.budget_s = 45,
	.plan = plan,
	.judge = judge,
};
