// SPDX-License-Identifier: GPL-2.0-or-later
// Price lists from planted observations: medians, differences round by round, and gaps.
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/prices/calibration.h"
#include "../../user/machine/machine.h"
#include "../../user/prices/perf_pipe.h"
#include "../../user/prices/price_runs.h"
#include "../../user/prices/prices.h"
#include "../../user/prices/switch_plan.h"

#define ROUNDS 7

static struct observations observations;
static struct prices prices;

static int start(void **state)
{
	(void)state;
	observations = (struct observations){ 0 };
	prices = (struct prices){ 0 };
	return 0;
}

static int finish(void **state)
{
	(void)state;
	observations__free(&observations);
	return 0;
}

static void put(const char *arm, uint64_t round, const char *metric, double value)
{
	assert_int_equal(observations__put(&observations, arm, round, metric, "v", value), 0);
}

static const struct price_row *price(const char *name, const char *variant)
{
	const struct price_row *row = prices__find(&prices, name, variant);

	if (!row)
		fail_msg("no price %s %s", name, variant);
	return row;
}

#define assert_near(a, b) assert_true(fabs((a) - (b)) < 1e-9)

static void nothing_observed_is_no_price(void **state)
{
	(void)state;
	assert_int_equal(prices__collect(&prices, &observations), 0);
	assert_int_equal(prices.count, 0);
}

static void price_is_median_over_rounds(void **state)
{
	(void)state;
	/* One round was disturbed. */
	for (uint64_t round = 1; round <= ROUNDS; round++)
		put("thread", round, "switch_ns", round == 3 ? 90000 : 2000 + 10 * (double)round);
	assert_int_equal(prices__collect(&prices, &observations), 0);
	assert_int_equal(prices.count, 1);
	assert_near(price("switch", "thread")->median_ns, 2050);
	/* The ends lie between the outermost two rounds (stats.h). */
	assert_true(price("switch", "thread")->low_ns > 2010);
	assert_true(price("switch", "thread")->low_ns < 2020);
	assert_true(price("switch", "thread")->high_ns > 2070);
	assert_true(price("switch", "thread")->high_ns < 90000);
	assert_int_equal(price("switch", "thread")->samples, ROUNDS);
}

static void one_round_has_no_interval(void **state)
{
	(void)state;
	put("process", 1, "switch_ns", 2500);
	assert_int_equal(prices__collect(&prices, &observations), 0);
	assert_near(price("switch", "process")->median_ns, 2500);
	assert_true(isnan(price("switch", "process")->low_ns));
	assert_int_equal(price("switch", "process")->samples, 1);
}

/* The machine gets slower by 1 us from round to round: that cancels. */
static void differences_are_formed_in_the_round(void **state)
{
	(void)state;
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		double drift = 1000 * (double)round;

		put("thread", round, "switch_ns", 2000 + drift);
		put("thread-1048576", round, "switch_ns", 5500 + drift);
		put("thread-traced", round, "switch_ns", 2150 + drift);
	}
	/* A round without its partner takes no part. */
	put("thread-1048576", ROUNDS + 1, "switch_ns", 1e9);
	assert_int_equal(prices__collect(&prices, &observations), 0);
	assert_near(price("refill", "1048576")->median_ns, 3500);
	assert_near(price("refill", "1048576")->high_ns, 3500);
	assert_int_equal(price("refill", "1048576")->samples, ROUNDS);
	assert_near(price("probe_hit", "sched_switch")->median_ns, 150);
	assert_null(prices__find(&prices, "refill", "4096"));
}

static void locks_are_priced_by_the_acquisition(void **state)
{
	(void)state;
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		put("lock-mutex", round, "run_wall_ns", 15.0 * CALIBRATION_PAIRS);
		put("contended-mutex", round, "contend_ns_per_step", 120);
		put("contended-mutex", round, "run_wall_ns", 7e9);
	}
	assert_int_equal(prices__collect(&prices, &observations), 0);
	assert_int_equal(prices.count, 2);
	assert_near(price("lock_uncontended", "mutex")->median_ns, 15);
	assert_near(price("lock_contended", "mutex")->median_ns, 120);
}

static void perf_stands_beside(void **state)
{
	struct interval ratio;

	(void)state;
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		put("thread", round, "switch_ns", 1900);
		put("perf", round, "operation_ns", 5600);
		put("perf", round, "switch_ns", 2000);
	}
	assert_int_equal(prices__collect(&prices, &observations), 0);
	assert_near(price("perf_bench_sched_pipe", "thread")->median_ns, 5600);
	assert_near(price("perf_switch", "thread")->median_ns, 2000);
	assert_int_equal(prices__against_perf(&observations, &ratio), 0);
	assert_near(ratio.mid, 0.95);
}

static void every_price_has_a_meaning(void **state)
{
	static const char *const names[] = { "switch", "refill", "system_calls",
		"perf_bench_sched_pipe", "perf_switch", "minor_fault", "lock_uncontended",
		"lock_contended", "probe_hit" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(*prices__meaning(names[i]));
	assert_string_equal(prices__meaning("bread"), "");
}

static void working_sets_go_past_l2(void **state)
{
	static const uint64_t caches[] = { MACHINE_UNKNOWN, 0, 256 << 10, 1 << 20, 3 << 20 };
	uint64_t sizes[SWITCH_PLAN_MAX_SIZES];

	(void)state;
	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++) {
		size_t count = switch_plan__sizes(caches[i], sizes);

		assert_int_equal(sizes[0], 4096);
		assert_true(sizes[count - 1] >= 1 << 20);
		assert_true(caches[i] == MACHINE_UNKNOWN || sizes[count - 1] > caches[i]);
		for (size_t k = 1; k < count; k++)
			assert_int_equal(sizes[k], 4 * sizes[k - 1]);
	}
	/* A cache beyond all bounds does not make the list longer than its room. */
	assert_int_equal(switch_plan__sizes(1ULL << 60, sizes), SWITCH_PLAN_MAX_SIZES);
}

static void perf_output_is_read(void **state)
{
	(void)state;
	assert_near(perf_pipe__parse("     Total time: 0.687 [sec]\n\n       6.877510 usecs/op\n"
				     "         145401 ops/sec\n"), 6877.51);
	assert_near(perf_pipe__parse("12 usecs/op"), 12000);
	assert_true(isnan(perf_pipe__parse("")));
	assert_true(isnan(perf_pipe__parse("perf: no such command\n")));
	assert_true(isnan(perf_pipe__parse("many usecs/op\n")));
}

/* As an experiment writes them, and whoever recomputes its verdict reads them. */
static void a_verdicts_prices_come_back_from_their_file(void **state)
{
	const struct interval lock = { 61.5, 60.25, 63, 5 }, change = { 2000, NAN, NAN, 1 };
	char folder[] = "/tmp/switchtax-prices-XXXXXX";
	struct csv_error error;
	struct prices read;
	struct csv csv;
	int dirfd;

	(void)state;
	assert_int_equal(prices__add(&prices, "lock_uncontended", "gil", &lock), 0);
	assert_int_equal(prices__add(&prices, "switch", SWITCH_PLAN_THREAD, &change), 0);
	assert_non_null(mkdtemp(folder));
	dirfd = open(folder, O_RDONLY | O_DIRECTORY);
	assert_int_equal(csv__open(&csv, dirfd, rows__prices.file, &rows__prices), 0);
	for (size_t i = 0; i < prices.count; i++)
		assert_int_equal(csv__append(&csv, &prices.rows[i]), 0);
	assert_int_equal(csv__commit(&csv), 0);
	assert_int_equal(prices__read(&read, dirfd, &error), 0);
	assert_int_equal(read.count, 2);
	assert_near(price_runs__of(&read, "gil").lock_operation_ns, 61.5);
	assert_near(price_runs__of(&read, "gil").switch_ns, 2000);
	assert_true(isnan(price_runs__of(&read, "mutex").lock_operation_ns));
	assert_true(isnan(read.rows[1].low_ns));
	unlinkat(dirfd, rows__prices.file, 0);
	close(dirfd);
	rmdir(folder);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
	const struct CMUnitTest tests[] = {
		TEST(nothing_observed_is_no_price),
		TEST(price_is_median_over_rounds),
		TEST(one_round_has_no_interval),
		TEST(differences_are_formed_in_the_round),
		TEST(locks_are_priced_by_the_acquisition),
		TEST(perf_stands_beside),
		TEST(every_price_has_a_meaning),
		TEST(working_sets_go_past_l2),
		TEST(perf_output_is_read),
		TEST(a_verdicts_prices_come_back_from_their_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
