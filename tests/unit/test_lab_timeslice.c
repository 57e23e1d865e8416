// SPDX-License-Identifier: GPL-2.0-or-later
// The judge of the time slices: made-up shares and slices, with what they must lead to.
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

/* What each run of two spinners has shown. */
struct plan {
	double share;		/* of the first spinner */
	double traced;		/* the same by the tracer */
	const char *low_ns;	/* where 9 of 10 pre-empted slices lie; the tenth is short */
	double slice_ns;	/* 0: the kernel does not tell */
	double slices;		/* in all */
};

static void put_run(const struct plan *plan, const char *arm, uint64_t block)
{
	put(arm, block, "cpu_share", "worker-0", plan->share);
	put(arm, block, "cpu_share", "worker-1", 1 - plan->share);
	put(arm, block, "thread_cpu_ns", "worker-0", plan->traced * 1e9);
	put(arm, block, "thread_cpu_ns", "worker-1", (1 - plan->traced) * 1e9);
	if (plan->slice_ns > 0)
		put(arm, block, "kernel_slice_ns", "-", plan->slice_ns);
	put(arm, block, "kernel_tick_ns", "-", 4e6);
	if (plan->low_ns) {
		put(arm, block, "histogram_preempted", "0", plan->slices / 10);
		put(arm, block, "histogram_preempted", plan->low_ns, plan->slices * 9 / 10);
	}
}

static struct claims judge(const struct plan *plan)
{
	const struct lab_options options = { .cpus = 2 };
	const struct lab_evidence evidence = { .observations = &all, .options = &options };
	const struct lab *lab = lab__find("timeslice");
	struct claims claims = { 0 };

	assert_non_null(lab);
	for (uint64_t block = 1; plan && block <= BLOCKS; block++) {
		put_run(plan, "threads", block);
		put_run(plan, "processes", block);
	}
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

static const struct plan usual = { 0.51, 0.51, "4000000", 1.4e6, 100 };

static void equal_shares_support_sharing(void **state)
{
	struct claims claims = judge(&usual);

	(void)state;
	assert_string_equal(row(&claims, "C8")->verdict, "supported");
	assert_float_equal(row(&claims, "C8")->figure, 0.02, 1e-9);
}

static void unequal_shares_refute_sharing(void **state)
{
	struct plan plan = usual;

	(void)state;
	plan.share = plan.traced = 0.6;
	assert_verdict(&plan, "C8", "refuted");
	plan.share = plan.traced = 1;
	assert_verdict(&plan, "C8", "refuted");
}

static void one_bad_arm_is_enough(void **state)
{
	struct plan bad = usual;
	struct claims claims;

	(void)state;
	bad.share = bad.traced = 0.7;
	for (uint64_t block = 1; block <= BLOCKS; block++) {
		put_run(&usual, "threads", block);
		put_run(&bad, "processes", block);
	}
	claims = judge(NULL);
	assert_string_equal(row(&claims, "C8")->verdict, "refuted");
}

static void measurements_that_disagree_decide_nothing(void **state)
{
	struct plan plan = usual;

	(void)state;
	plan.traced = 0.7;
	assert_verdict(&plan, "C8", "undecided");
}

static void whole_slices_support_the_slice(void **state)
{
	struct claims claims = judge(&usual);

	(void)state;
	assert_string_equal(row(&claims, "C10")->verdict, "supported");
	assert_float_equal(row(&claims, "C10")->figure, 0.9, 1e-9);
}

static void other_lengths_refute_the_slice(void **state)
{
	struct plan plan = usual;

	(void)state;
	plan.low_ns = "7000000";	/* over a tick at which it should have ended */
	assert_verdict(&plan, "C10", "refuted");
	plan.low_ns = "1000000";	/* taken away early */
	plan.slice_ns = 2.8e6;
	assert_verdict(&plan, "C10", "refuted");
	plan.low_ns = "2000000";
	assert_verdict(&plan, "C10", "supported");
}

static void an_unknown_slice_decides_nothing(void **state)
{
	struct plan plan = usual;

	(void)state;
	plan.slice_ns = 0;
	assert_verdict(&plan, "C10", "undecided");
	assert_verdict(&plan, "C12", "refuted");
}

static void the_articles_interval_is_looked_for(void **state)
{
	struct plan plan = usual;
	struct claims claims = judge(&plan);

	(void)state;
	assert_string_equal(row(&claims, "C12")->verdict, "refuted");
	assert_non_null(strstr(row(&claims, "C12")->reason, "the middle one lasted 4 to 5 ms"));
	plan.low_ns = "15000000";
	assert_verdict(&plan, "C12", "supported");
	plan.low_ns = "19000000";
	assert_verdict(&plan, "C12", "supported");
	plan.low_ns = "20000000";
	assert_verdict(&plan, "C12", "refuted");
	plan.low_ns = "14000000";
	assert_verdict(&plan, "C12", "refuted");
}

static void a_busy_machine_decides_nothing_on_slices(void **state)
{
	struct plan plan = usual;

	(void)state;
	plan.slices = 5;
	assert_verdict(&plan, "C8", "supported");
	assert_verdict(&plan, "C10", "undecided");
	assert_verdict(&plan, "C12", "undecided");
	plan.slices = 100;
	plan.low_ns = NULL;
	assert_verdict(&plan, "C10", "undecided");
}

static void nothing_observed_decides_nothing(void **state)
{
	struct claims claims = judge(NULL);

	(void)state;
	assert_int_equal(claims.count, 3);
	for (size_t i = 0; i < claims.count; i++)
		assert_string_equal(claims.rows[i].verdict, "undecided");
}

static void a_straddling_interval_decides_nothing(void **state)
{
	struct plan plan = usual;
	struct claims claims;

	(void)state;
	for (uint64_t block = 1; block <= BLOCKS; block++) {
		plan.share = plan.traced = block % 2 ? 0.51 : 0.6;
		plan.low_ns = block % 2 ? "4000000" : "15000000";
		put_run(&plan, "threads", block);
		put_run(&plan, "processes", block);
	}
	claims = judge(NULL);
	for (size_t i = 0; i < claims.count; i++)
		assert_string_equal(claims.rows[i].verdict, "undecided");
}

static void the_plan_takes_the_workers_and_the_cpu(void **state)
{
	struct lab_options options = { .workers = 3, .cpus = 2, .one_cpu = 1 };
	const struct lab *lab = lab__find("timeslice");
	struct lab_plan plan = { 0 };

	(void)state;
	assert_int_equal(lab->plan(&options, &plan), 0);
	assert_false(plan.failed);
	assert_int_equal(plan.count, 2);
	assert_string_equal(plan.steps[1].args[1], "--workers=3");
	assert_string_equal(plan.steps[1].args[3], "--cpu=1");
	lab_plan__free(&plan);
	options.workers = 100000;
	assert_true(lab->plan(&options, &plan) < 0);
	assert_non_null(strstr(plan.why, "100000"));
	lab_plan__free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_shares_support_sharing),
		cmocka_unit_test(unequal_shares_refute_sharing),
		cmocka_unit_test(one_bad_arm_is_enough),
		cmocka_unit_test(measurements_that_disagree_decide_nothing),
		cmocka_unit_test(whole_slices_support_the_slice),
		cmocka_unit_test(other_lengths_refute_the_slice),
		cmocka_unit_test(an_unknown_slice_decides_nothing),
		cmocka_unit_test(the_articles_interval_is_looked_for),
		cmocka_unit_test(a_busy_machine_decides_nothing_on_slices),
		cmocka_unit_test(nothing_observed_decides_nothing),
		cmocka_unit_test(a_straddling_interval_decides_nothing),
		cmocka_unit_test(the_plan_takes_the_workers_and_the_cpu),
	};

	return cmocka_run_group_tests_name("lab_timeslice", tests, NULL, NULL);
}
