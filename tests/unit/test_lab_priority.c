// SPDX-License-Identifier: GPL-2.0-or-later
// The judge of priorities and births: made-up figures, with what they must lead to.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../user/labs/lab.h"
#include "claim_of.h"

#define BLOCKS 7

static struct observations all;

static void put(const char *arm, uint64_t block, const char *metric, const char *variant, double v)
{
	assert_int_equal(observations__put(&all, arm, block, metric, variant, v), 0);
}

/* What each block has shown. */
struct plan {
	double share;		/* at nice 5, of which 0.25 is expected */
	double rr_turns;
	double turn_ns;		/* the quantum is 100 ms */
	double fifo_turns;
	double wake_ns;		/* the tick is 4 ms */
	bool refused;
	double after_fork;	/* of 100, how many have a switch soon */
	double after_exit;
	double after_mark;
};

static void put_histogram(uint64_t block, const char *metric, double soon)
{
	put("births", block, metric, "131072", soon);
	put("births", block, metric, "262144", 100 - soon);
}

static void put_realtime(const struct plan *plan, uint64_t block)
{
	if (plan->refused) {
		put("rr", block, "realtime", "refused", 1);
		return;
	}
	put("rr", block, "turns", "-", plan->rr_turns);
	put("rr", block, "turn_ns", "-", plan->turn_ns);
	put("rr", block, "quantum_ns", "-", 1e8);
	put("fifo", block, "turns", "-", plan->fifo_turns);
	put("wake-fifo", block, "wake_latency_ns", "p50", plan->wake_ns);
	put("wake-fifo", block, "kernel_tick_ns", "-", 4e6);
	put("wake-other", block, "wake_latency_ns", "p99", 5e6);
}

static void put_block(const struct plan *plan, uint64_t block)
{
	put("nice", block, "nice_share", "0", 1 - plan->share);
	put("nice", block, "nice_share", "5", plan->share);
	put("nice", block, "nice_expected", "0", 0.75);
	put("nice", block, "nice_expected", "5", 0.25);
	put_realtime(plan, block);
	put_histogram(block, "histogram_after_fork", plan->after_fork);
	put_histogram(block, "histogram_after_wake_new", plan->after_fork);
	put_histogram(block, "histogram_after_exit", plan->after_exit);
	put_histogram(block, "histogram_after_mark", plan->after_mark);
}

static struct claims judge(const struct plan *plan)
{
	const struct lab_options options = { .cpus = 2 };
	const struct lab_evidence evidence = { .observations = &all, .options = &options };
	const struct lab *lab = lab__find("priority");
	struct claims claims = { 0 };

	assert_non_null(lab);
	for (uint64_t block = 1; plan && block <= BLOCKS; block++)
		put_block(plan, block);
	assert_int_equal(lab->judge(&evidence, &claims), 0);
	observations__free(&all);
	return claims;
}

static const struct claim_row *row(const struct claims *claims, const char *claim)
{
	const struct claim_row *found = claim_of(claims, claim);

	assert_non_null(found);
	return found;
}

#define assert_verdict(plan, claim, word) do { \
	struct claims judged = judge(plan); \
	assert_string_equal(row(&judged, claim)->verdict, word); \
} while (0)

static const struct plan usual = {
	.share = 0.26, .rr_turns = 8, .turn_ns = 1e8, .fifo_turns = 1, .wake_ns = 2e4,
	.after_fork = 40, .after_exit = 95, .after_mark = 3,
};

static void all_parts_support_priorities(void **state)
{
	struct claims claims = judge(&usual);

	(void)state;
	assert_string_equal(row(&claims, "C9")->verdict, "supported");
	assert_float_equal(row(&claims, "C9")->figure, 0.04, 1e-9);
}

static void shares_off_the_weights_refute(void **state)
{
	struct plan plan = usual;

	(void)state;
	plan.share = 0.5;
	assert_verdict(&plan, "C9", "refuted");
	plan.share = 0.28;
	assert_verdict(&plan, "C9", "refuted");
}

static void no_rotation_refutes(void **state)
{
	struct plan plan = usual;

	(void)state;
	plan.rr_turns = 1;
	assert_verdict(&plan, "C9", "refuted");
	plan = usual;
	plan.turn_ns = 4e6;
	assert_verdict(&plan, "C9", "refuted");
	plan = usual;
	plan.fifo_turns = 8;
	assert_verdict(&plan, "C9", "refuted");
}

static void waiting_for_the_slice_refutes(void **state)
{
	struct plan plan = usual;

	(void)state;
	plan.wake_ns = 2e6;
	assert_verdict(&plan, "C9", "refuted");
}

static void refused_policies_leave_it_undecided(void **state)
{
	struct plan plan = usual;
	struct claims claims;

	(void)state;
	plan.refused = true;
	claims = judge(&plan);
	assert_string_equal(row(&claims, "C9")->verdict, "undecided");
	assert_non_null(strstr(row(&claims, "C9")->reason, "refused"));
	plan.share = 0.5;
	assert_verdict(&plan, "C9", "refuted");
}

static void switches_after_births_support(void **state)
{
	struct claims claims = judge(&usual);

	(void)state;
	assert_string_equal(row(&claims, "C11")->verdict, "supported");
	assert_float_equal(row(&claims, "C11")->figure, 0.37, 1e-9);
}

static void no_more_than_chance_refutes(void **state)
{
	struct plan plan = usual;

	(void)state;
	plan.after_fork = 3;
	assert_verdict(&plan, "C11", "refuted");
	plan = usual;
	plan.after_exit = 2;
	assert_verdict(&plan, "C11", "refuted");
	plan = usual;
	plan.after_mark = 95;
	assert_verdict(&plan, "C11", "refuted");
}

static void now_and_then_decides_nothing(void **state)
{
	struct plan plan = usual;

	(void)state;
	for (uint64_t block = 1; block <= BLOCKS; block++) {
		plan.after_fork = block % 2 ? 3 : 60;
		put_block(&plan, block);
	}
	assert_verdict(NULL, "C11", "undecided");
}

static void nothing_observed_decides_nothing(void **state)
{
	struct claims claims = judge(NULL);

	(void)state;
	assert_int_equal(claims.count, 2);
	for (size_t i = 0; i < claims.count; i++)
		assert_string_equal(claims.rows[i].verdict, "undecided");
}

/* Only what needs a real-time policy runs as we are, and nothing of it is traced. */
static void the_plan_keeps_privileges_apart(void **state)
{
	const struct lab_options options = { .cpus = 2, .one_cpu = 1 };
	struct lab_plan plan = { 0 };

	(void)state;
	assert_int_equal(lab__find("priority")->plan(&options, &plan), 0);
	assert_false(plan.failed);
	for (size_t i = 0; i < plan.count; i++) {
		const struct plan_arm *step = &plan.steps[i];
		bool realtime = strcmp(step->name, "nice") && strcmp(step->name, "births");

		assert_int_equal(step->privileged, realtime);
		assert_int_equal(step->births, strcmp(step->name, "births") == 0);
		assert_string_equal(step->args[2], "--cpu=1");
	}
	lab_plan__free(&plan);
}

/* The levels that the plan asks for, started at this one; "": no such step. */
static const char *levels_from(int nice)
{
	const struct lab_options options = { .cpus = 2, .one_cpu = 1, .nice = nice };
	static char levels[64];
	struct lab_plan plan = { 0 };

	*levels = '\0';
	assert_int_equal(lab__find("priority")->plan(&options, &plan), 0);
	for (size_t i = 0; i < plan.count; i++)
		if (strcmp(plan.steps[i].name, "nice") == 0)
			strcpy(levels, plan.steps[i].args[3]);
	lab_plan__free(&plan);
	return levels;
}

static void no_level_is_better_than_the_one_to_start_at(void **state)
{
	(void)state;
	assert_string_equal(levels_from(0), "--nice=0,5,10");
	assert_string_equal(levels_from(-20), "--nice=0,5,10");
	assert_string_equal(levels_from(1), "--nice=1,6,11");
	assert_string_equal(levels_from(9), "--nice=9,14,19");
	assert_string_equal(levels_from(10), "--nice=10,15,19");
	assert_string_equal(levels_from(14), "--nice=14,19");
	assert_string_equal(levels_from(18), "--nice=18,19");
	assert_string_equal(levels_from(19), "");
}

static void the_worst_level_has_none_to_compare_with(void **state)
{
	const struct lab_options options = { .cpus = 2, .nice = 19 };
	const struct lab_evidence evidence = { .observations = &all, .options = &options };
	struct claims claims = { 0 };

	(void)state;
	put_realtime(&usual, 1);
	assert_int_equal(lab__find("priority")->judge(&evidence, &claims), 0);
	observations__free(&all);
	assert_string_equal(row(&claims, "C9")->verdict, "undecided");
	assert_non_null(strstr(row(&claims, "C9")->reason, "without nice, or at 18"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_parts_support_priorities),
		cmocka_unit_test(shares_off_the_weights_refute),
		cmocka_unit_test(no_rotation_refutes),
		cmocka_unit_test(waiting_for_the_slice_refutes),
		cmocka_unit_test(refused_policies_leave_it_undecided),
		cmocka_unit_test(switches_after_births_support),
		cmocka_unit_test(no_more_than_chance_refutes),
		cmocka_unit_test(now_and_then_decides_nothing),
		cmocka_unit_test(nothing_observed_decides_nothing),
		cmocka_unit_test(the_plan_keeps_privileges_apart),
		cmocka_unit_test(no_level_is_better_than_the_one_to_start_at),
		cmocka_unit_test(the_worst_level_has_none_to_compare_with),
	};

	return cmocka_run_group_tests_name("lab_priority", tests, NULL, NULL);
}
