// SPDX-License-Identifier: GPL-2.0-or-later
// The judges of blocking and of convoy: made-up times that support, refute, or do neither.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../../user/labs/lab.h"

#define BLOCKS 8

extern const struct lab lab_blocking, lab_convoy;

/* Milliseconds; each block is a little slower than the one before it. */
struct arm_time {
	const char *arm;
	double ms;
	double spread;		/* of this arm alone: a share, added in every second block */
};

static void put_block(struct observations *observations, const char *metric,
		      const struct arm_time *times, uint64_t block)
{
	for (const struct arm_time *time = times; time->arm; time++) {
		double ns = time->ms * 1e6 * (1 + (double)block / 1000) *
			    (1 + time->spread * (double)(block % 2));

		assert_int_equal(observations__put(observations, time->arm, block, metric, "x", ns),
				 0);
	}
}

static struct claims claims;

static const struct claim_row *judge(const struct lab *lab, const char *metric,
				     const struct arm_time *times)
{
	struct observations observations = { 0 };
	const struct lab_options options = { .cpus = 2 };
	const struct lab_evidence evidence = { .observations = &observations,
					       .options = &options };

	claims = (struct claims){ 0 };
	for (uint64_t block = 1; block <= BLOCKS; block++)
		put_block(&observations, metric, times, block);
	assert_int_equal(lab->judge(&evidence, &claims), 0);
	observations__free(&observations);
	assert_int_equal(claims.count, 1);
	assert_string_equal(claims.rows[0].claim, lab->claims[0]);
	assert_true(strlen(claims.rows[0].reason) > 20);
	assert_true(strlen(claims.rows[0].reason) < ROWS_REASON_SIZE - 1);
	return &claims.rows[0];
}

static const struct claim_row *judge_blocking(double sleep_ms, double accept_ms, double spread)
{
	const struct arm_time times[] = {
		{ "sleep-threads-released", sleep_ms, 0 },
		{ "sleep-threads-held", 4 * sleep_ms, 0 },
		{ "sleep-processes", 100, 0 },
		{ "accept-threads-released", accept_ms, spread },
		{ "accept-threads-held", 4 * accept_ms, spread },
		{ "accept-processes", 100, 0 },
		{ 0 },
	};

	return judge(&lab_blocking, "blocking_wall_ns", times);
}

static void equal_times_are_no_advantage(void **state)
{
	const struct claim_row *row = judge_blocking(101, 102, 0);

	(void)state;
	assert_string_equal(row->verdict, "supported");
	assert_true(row->figure > 1.015 && row->figure < 1.025);
	assert_non_null(strstr(row->reason, "4.00"));
	assert_string_equal(judge_blocking(50, 60, 0)->verdict, "supported");
}

/* One of the two calls is enough. */
static void slower_threads_refute(void **state)
{
	(void)state;
	assert_string_equal(judge_blocking(100, 130, 0)->verdict, "refuted");
	assert_string_equal(judge_blocking(130, 100, 0)->verdict, "refuted");
}

static void a_wide_interval_leaves_it_open(void **state)
{
	(void)state;
	assert_string_equal(judge_blocking(100, 100, 0.3)->verdict, "undecided");
}

static void a_missing_arm_leaves_it_open(void **state)
{
	const struct arm_time times[] = {
		{ "sleep-threads-released", 100, 0 },
		{ "sleep-threads-held", 400, 0 },
		{ "sleep-processes", 100, 0 },
		{ "accept-processes", 100, 0 },
		{ 0 },
	};

	(void)state;
	assert_string_equal(judge(&lab_blocking, "blocking_wall_ns", times)->verdict, "undecided");
}

static const struct claim_row *judge_convoy(double alone, double beside, double spread)
{
	const struct arm_time times[] = {
		{ "alone", alone, 0 },
		{ "beside-500", 0.5, 0 },
		{ "beside-5000", beside, spread },
		{ "beside-20000", 20, 0 },
		{ 0 },
	};

	return judge(&lab_convoy, "convoy_latency_ns", times);
}

static void waiting_for_the_interval_supports(void **state)
{
	const struct claim_row *row = judge_convoy(0.02, 5, 0);

	(void)state;
	assert_string_equal(row->verdict, "supported");
	assert_true(row->figure > 249 && row->figure < 251);
	assert_non_null(strstr(row->reason, "adds 1.00 ms"));
}

static void no_difference_refutes(void **state)
{
	(void)state;
	assert_string_equal(judge_convoy(0.02, 0.02, 0)->verdict, "refuted");
	assert_string_equal(judge_convoy(0.02, 0.015, 0)->verdict, "refuted");
}

static void a_difference_within_the_noise_leaves_it_open(void **state)
{
	const struct arm_time alone[] = { { "alone", 0.02, 0 }, { 0 } };

	(void)state;
	assert_string_equal(judge_convoy(0.02, 0.015, 0.6)->verdict, "undecided");
	assert_string_equal(judge(&lab_convoy, "convoy_latency_ns", alone)->verdict, "undecided");
}

/* Every step is a name of its own, and at least one of them is traced. */
static void plans_are_whole(void **state)
{
	const struct lab *const labs[] = { &lab_blocking, &lab_convoy };
	const struct lab_options options = { .cpus = 2, .workers = 3 };

	(void)state;
	for (size_t l = 0; l < 2; l++) {
		struct lab_plan plan = { 0 };
		bool traced = false;

		assert_int_equal(labs[l]->plan(&options, &plan), 0);
		assert_false(plan.failed);
		for (size_t i = 0; i < plan.count; i++) {
			traced |= plan.steps[i].tracing != LAB_UNTRACED;
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(plan.steps[i].name, plan.steps[j].name);
		}
		assert_true(traced);
		lab_plan__free(&plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_times_are_no_advantage),
		cmocka_unit_test(slower_threads_refute),
		cmocka_unit_test(a_wide_interval_leaves_it_open),
		cmocka_unit_test(a_missing_arm_leaves_it_open),
		cmocka_unit_test(waiting_for_the_interval_supports),
		cmocka_unit_test(no_difference_refutes),
		cmocka_unit_test(a_difference_within_the_noise_leaves_it_open),
		cmocka_unit_test(plans_are_whole),
	};

	return cmocka_run_group_tests_name("lab_blocking", tests, NULL, NULL);
}
