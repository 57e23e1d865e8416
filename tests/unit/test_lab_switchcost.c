// SPDX-License-Identifier: GPL-2.0-or-later
// C13 over planted observations: supported, refuted, and undecided in each way.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <math.h>
#include <cmocka.h>

#include "../../user/labs/lab.h"
#include "../../user/prices/switch_plan.h"
#include "claim_of.h"

struct planted {
	double switch_ns;	/* in the middle */
	double spread_ns;	/* from the first block to the last */
	double process_ns;	/* more than a thread's; NAN: not measured */
	double extra_ns;	/* of vector registers and refill, from the first block on */
	double turns;		/* switches counted for each that was expected */
	uint64_t blocks;
};

static const struct planted usual = { 2000, 300, 200, 0, 1.0, 8 };

static void put(struct observations *all, const char *arm, uint64_t block, const char *metric,
		double value)
{
	assert_int_equal(observations__put(all, arm, block, metric, "v", value), 0);
}

static void put_block(struct observations *all, const struct planted *planted, uint64_t block)
{
	double place = planted->blocks > 1 ? ((double)block - 1) / (double)(planted->blocks - 1)
					   : 0.5;
	double ns = planted->switch_ns + planted->spread_ns * (place - 0.5);

	put(all, "thread", block, "switch_ns", ns);
	put(all, "thread", block, "switches_expected", 1000);
	put(all, "thread", block, "switches_counted", 1000 * planted->turns);
	put(all, "thread", block, "working_set_bytes", 0);
	put(all, "thread-vector", block, "switch_ns", ns + 40 + planted->extra_ns * place);
	put(all, "thread-1048576", block, "switch_ns", ns + 3500 + planted->extra_ns * place);
	put(all, "thread-1048576", block, "working_set_bytes", 1048576);
	if (isnan(planted->process_ns))
		return;
	put(all, "process", block, "switch_ns", ns + planted->process_ns);
	put(all, "process", block, "tlb_tagged", 1);
}

static struct claim_row judged(const struct planted *planted)
{
	const struct lab *lab = lab__find("switchcost");
	struct observations all = { 0 };
	const struct lab_options options = { .cpus = 2 };
	const struct lab_evidence evidence = { &all, NULL, &options };
	struct claims claims = { 0 };
	const struct claim_row *row;

	assert_non_null(lab);
	for (uint64_t block = 1; block <= planted->blocks; block++)
		put_block(&all, planted, block);
	assert_int_equal(lab__judge(lab, &evidence, NULL, &claims), 0);
	observations__free(&all);
	assert_int_equal(claims.count, 1);
	row = claim_of(&claims, "C13");
	assert_non_null(row);
	assert_true(*row->reason);
	return *row;
}

#define assert_contains(text, part)                                                        \
	do {                                                                               \
		if (!strstr((text), (part)))                                               \
			fail_msg("'%s' lacks '%s'", (text), (part));                       \
	} while (0)

static void a_cost_supports(void **state)
{
	struct claim_row row = judged(&usual);

	(void)state;
	assert_string_equal(row.verdict, "supported");
	assert_true(fabs(row.figure - 2000) < 1);
	assert_true(row.low > 1800 && row.high < 2200);
	assert_string_equal(row.unit, "ns");
	assert_contains(row.reason, "vector registers +40 [+40, +40] ns");
	assert_contains(row.reason, "refill of 1024 KiB +3500 [+3500, +3500] ns");
	assert_contains(row.reason, "process/thread 1.1");
}

/* Eight blocks, +0, +10 .. +70: their interval ends a little below the second (stats.h). */
static void a_spread_is_told(void **state)
{
	struct planted wide = usual;
	struct claim_row row;

	(void)state;
	wide.extra_ns = 70;
	row = judged(&wide);
	assert_contains(row.reason, "vector registers +75 [+49, +101] ns");
	assert_contains(row.reason, "refill of 1024 KiB +3535 [+3509, +3561] ns");
	assert_true(strlen(row.reason) < sizeof(row.reason) - 1);
}

static void one_block_has_no_interval(void **state)
{
	struct planted few = usual;

	(void)state;
	few.blocks = 1;
	assert_contains(judged(&few).reason, "vector registers +40 ns (no interval)");
}

static void no_cost_refutes(void **state)
{
	struct planted free_of_charge = usual;

	(void)state;
	free_of_charge.switch_ns = -200;
	assert_string_equal(judged(&free_of_charge).verdict, "refuted");
}

static void noise_leaves_it_open(void **state)
{
	struct planted noisy = usual;

	(void)state;
	noisy.switch_ns = 50;
	noisy.spread_ns = 4000;
	assert_string_equal(judged(&noisy).verdict, "undecided");
}

static void few_blocks_leave_it_open(void **state)
{
	struct planted few = usual;

	(void)state;
	few.blocks = 5;
	assert_string_equal(judged(&few).verdict, "undecided");
	few.blocks = 6;
	assert_string_equal(judged(&few).verdict, "supported");
	few.blocks = 0;
	assert_string_equal(judged(&few).verdict, "undecided");
}

static void no_turns_leave_it_open(void **state)
{
	struct planted idle = usual;
	struct claim_row row;

	(void)state;
	idle.turns = 0.5;
	row = judged(&idle);
	assert_string_equal(row.verdict, "undecided");
	assert_contains(row.reason, "did not take turns");
}

static void processes_that_are_not_dearer_have_a_reason(void **state)
{
	struct planted same = usual;

	(void)state;
	same.process_ns = 0;
	assert_contains(judged(&same).reason, "not clearly dearer, PCID");
	same.process_ns = NAN;
	assert_null(strstr(judged(&same).reason, "process"));
}

/* What can be run depends on the machine. */
static void plan_of(unsigned int cpus, bool traced, struct lab_plan *plan)
{
	const struct lab *lab = lab__find("switchcost");
	const struct lab_options options = { .cpus = cpus, .traced = traced };

	assert_non_null(lab);
	assert_int_equal(lab->plan(&options, plan), 0);
	assert_false(plan->failed);
}

static const struct plan_arm *step(const struct lab_plan *plan, const char *arm)
{
	for (size_t i = 0; i < plan->count; i++)
		if (strcmp(plan->steps[i].name, arm) == 0)
			return &plan->steps[i];
	return NULL;
}

static void plan_suits_the_machine(void **state)
{
	struct lab_plan one = { .count = 0 }, two = { .count = 0 };

	(void)state;
	plan_of(1, false, &one);
	plan_of(2, true, &two);
	assert_null(step(&one, SWITCH_PLAN_THREAD_CROSS));
	assert_null(step(&one, SWITCH_PLAN_THREAD_TRACED));
	assert_non_null(step(&two, SWITCH_PLAN_THREAD_CROSS));
	assert_non_null(step(&two, SWITCH_PLAN_PROCESS_CROSS));
	assert_int_equal(step(&two, SWITCH_PLAN_THREAD)->tracing, LAB_UNTRACED);
	assert_int_equal(step(&two, SWITCH_PLAN_THREAD_TRACED)->tracing, LAB_TRACED);
	assert_true(step(&one, SWITCH_PLAN_THREAD)->one_cpu);
	assert_false(step(&two, SWITCH_PLAN_THREAD_CROSS)->one_cpu);
	assert_non_null(step(&one, "thread-1048576"));
	lab_plan__free(&one);
	lab_plan__free(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cost_supports),
		cmocka_unit_test(a_spread_is_told),
		cmocka_unit_test(one_block_has_no_interval),
		cmocka_unit_test(no_cost_refutes),
		cmocka_unit_test(noise_leaves_it_open),
		cmocka_unit_test(few_blocks_leave_it_open),
		cmocka_unit_test(no_turns_leave_it_open),
		cmocka_unit_test(processes_that_are_not_dearer_have_a_reason),
		cmocka_unit_test(plan_suits_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
