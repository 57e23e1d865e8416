// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_stats - do the intervals cover what they say, and do seeds repeat?
 *
 * The coverage is simulated: many experiments with a known median and a fixed seed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#include "../../user/base/stats.h"

#define EXPERIMENTS 4000

static void equal(double got, double want)
{
	if (!(fabs(got - want) <= 1e-12))
		fail_msg("%.17g, wanted %.17g", got, want);
}

static void median_of_odd_even_and_unsorted(void **state)
{
	const double odd[] = { 9, 1, 5 };
	const double even[] = { 4, 1, 3, 2 };
	const double before[] = { 4, 1, 3, 2 };

	(void)state;
	equal(stats__median(odd, 3), 5);
	equal(stats__median(even, 4), 2.5);
	equal(stats__median(odd, 1), 9);
	assert_memory_equal(even, before, sizeof(even));
}

static void median_of_nothing_is_nan(void **state)
{
	const double holes[] = { 1, NAN, 2 };

	(void)state;
	assert_true(isnan(stats__median(NULL, 0)));
	assert_true(isnan(stats__median(holes, 3)));
}

static void too_few_values(void **state)
{
	const double x[] = { 7, 3, 11, 5, 9 };
	struct interval out;

	(void)state;
	assert_int_equal(stats__median_interval(x, 0, &out), -ENODATA);
	assert_true(isnan(out.mid) && isnan(out.low) && isnan(out.high));
	assert_int_equal(stats__median_interval(x, 1, &out), 0);
	equal(out.mid, 7);
	assert_true(isnan(out.low) && isnan(out.high));
	for (size_t n = 2; n <= 5; n++) {
		assert_int_equal(stats__median_interval(x, n, &out), 0);
		equal(out.low, 3);
		equal(out.high, n == 2 ? 7 : 11);
		assert_int_equal(out.n, n);
	}
	equal(out.mid, 7);
}

static void values_that_are_not_finite_are_refused(void **state)
{
	const double holes[] = { 1, NAN, 2 };
	const double infinite[] = { 1, INFINITY, 2 };
	struct interval out;

	(void)state;
	assert_int_equal(stats__median_interval(holes, 3, &out), -EINVAL);
	assert_true(isnan(out.mid));
	assert_int_equal(stats__median_interval(infinite, 3, &out), -EINVAL);
	assert_true(isnan(out.low));
}

static void equal_values_give_a_point(void **state)
{
	const double x[] = { 4, 4, 4, 4, 4, 4, 4, 4 };
	struct interval out;

	(void)state;
	assert_int_equal(stats__median_interval(x, 8, &out), 0);
	equal(out.low, 4);
	equal(out.mid, 4);
	equal(out.high, 4);
}

/*
 * 1..n, so that an end is its own rank. The fractions by hand: at n = 6 the ends cover 31/32, the
 * next values 25/32; at 9, from the second, 492/512 and 420/512.
 */
static void ends_lie_between_order_statistics(void **state)
{
	const double e6 = (31 / 32.0 - 0.95) / (6 / 32.0);
	const double e9 = (492 / 512.0 - 0.95) / (72 / 512.0);
	struct interval out;
	double x[60];

	(void)state;
	for (size_t i = 0; i < 60; i++)
		x[i] = (double)i + 1;
	assert_int_equal(stats__median_interval(x, 6, &out), 0);
	equal(out.low, 1 + 5 * e6 / (1 + 4 * e6));
	equal(out.high, 6 - 5 * e6 / (1 + 4 * e6));
	assert_int_equal(stats__median_interval(x, 9, &out), 0);
	equal(out.low, 2 + 7 * e9 / (2 + 5 * e9));
	equal(out.high, 8 - 7 * e9 / (2 + 5 * e9));
	for (size_t n = 6; n <= 60; n++) {
		assert_int_equal(stats__median_interval(x, n, &out), 0);
		equal(out.low, (double)n + 1 - out.high);
		assert_true(out.low >= 1 && out.low < out.mid);
		/* sqrt(n) is twice the standard deviation of Bin(n, 1/2) */
		assert_true(fabs(out.low - ((double)n + 1 - 1.96 * sqrt((double)n)) / 2) < 0.5);
	}
}

static void order_of_the_blocks_does_not_matter(void **state)
{
	double x[137], reversed[137];
	struct interval a, b;

	(void)state;
	for (size_t i = 0; i < 137; i++)
		x[i] = reversed[136 - i] = exp(0.1 * (double)i);
	assert_int_equal(stats__median_interval(x, 137, &a), 0);
	assert_int_equal(stats__median_interval(reversed, 137, &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_true(x[0] < a.low && a.low < a.mid && a.mid < a.high && a.high < x[136]);
}

static int covered(const gsl_rng *rng, size_t n)
{
	struct interval out;
	double x[64];

	for (size_t i = 0; i < n; i++)
		x[i] = 100 + gsl_ran_gaussian(rng, 15);
	assert_int_equal(stats__median_interval(x, n, &out), 0);
	assert_true(out.low <= out.mid && out.mid <= out.high);
	return out.low <= 100 && 100 <= out.high;
}

/* In 4000 experiments at 95 % the standard deviation is 0.34 %. */
static void intervals_cover_the_median(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	(void)state;
	gsl_rng_set(rng, 20240611);
	for (size_t n = 6; n <= 60; n++) {
		int hits = 0;

		for (int i = 0; i < EXPERIMENTS; i++)
			hits += covered(rng, n);
		print_message("coverage of n = %zu: %.1f %%\n", n, 100.0 * hits / EXPERIMENTS);
		assert_in_range(hits, 0.93 * EXPERIMENTS, 0.97 * EXPERIMENTS);
	}
	gsl_rng_free(rng);
}

static void one_stratum_is_no_stratum(void **state)
{
	const double x[] = { 7, 3, 11, 5, 9, 4, 8 };
	const size_t all_one[7] = { 0 };
	struct interval plain, out;

	(void)state;
	assert_int_equal(stats__median_interval(x, 7, &plain), 0);
	assert_int_equal(stats__stratified_median(x, all_one, 7, 1, &out), 0);
	assert_memory_equal(&out, &plain, sizeof(out));
}

/*
 * Medians 2 and 200. Five values have their smallest and largest as ends, at 100 and 300 from the
 * median, which covers 93.75 %: t = 2.562 at 4 degrees of freedom, so 39.0 and 117.1 a standard
 * error. That of the other stratum is nothing beside them, so 4 degrees of freedom remain: t =
 * 2.776, and half of the product is the end's distance.
 */
static void strata_weigh_the_same_however_many_values_they_have(void **state)
{
	const double x[] = { 1, 500, 2, 100, 3, 100, 1, 2, 3, 200, 200, 2 };
	const size_t stratum[] = { 0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0 };
	struct interval out;

	(void)state;
	assert_int_equal(stats__stratified_median(x, stratum, 12, 2, &out), 0);
	equal(out.mid, (2 + 200) / 2.0);
	assert_true(out.n == 12);
	assert_true(fabs(out.mid - out.low - 54.2) < 0.1);
	assert_true(fabs(out.high - out.mid - 162.5) < 0.1);
}

static void strata_that_cannot_be_used(void **state)
{
	const double x[] = { 1, 2, 3, 4 };
	const size_t single[] = { 0, 0, 0, 1 }, beyond[] = { 0, 1, 2, 0 };
	const size_t missing[] = { 0, 0, 2, 2 };
	const double hole[] = { 1, 2, NAN, 4 };
	struct interval out;

	(void)state;
	assert_int_equal(stats__stratified_median(x, single, 4, 2, &out), 0);
	equal(out.mid, 3);
	assert_true(isnan(out.low) && isnan(out.high));
	assert_int_equal(stats__stratified_median(x, beyond, 4, 2, &out), -EINVAL);
	assert_int_equal(stats__stratified_median(x, missing, 4, 3, &out), -ENODATA);
	assert_true(isnan(out.mid));
	assert_int_equal(stats__stratified_median(hole, single, 4, 2, &out), -EINVAL);
	assert_int_equal(stats__stratified_median(x, single, 0, 2, &out), -ENODATA);
}

/* Three machines: other levels, other spreads, other numbers of blocks. */
static int strata_covered(const gsl_rng *rng)
{
	static const struct { size_t blocks; double centre, spread; } machines[] = {
		{ 8, 100, 15 }, { 12, 400, 30 }, { 20, 50, 5 },
	};
	size_t stratum[40], n = 0;
	struct interval out;
	double x[40];

	for (size_t m = 0; m < 3; m++) {
		for (size_t i = 0; i < machines[m].blocks; i++, n++) {
			x[n] = machines[m].centre + gsl_ran_gaussian(rng, machines[m].spread);
			stratum[n] = m;
		}
	}
	assert_int_equal(stats__stratified_median(x, stratum, n, 3, &out), 0);
	return out.low <= 550.0 / 3 && 550.0 / 3 <= out.high;
}

static void stratified_intervals_cover_the_mean_of_medians(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	int hits = 0;

	(void)state;
	gsl_rng_set(rng, 20240612);
	for (int i = 0; i < EXPERIMENTS; i++)
		hits += strata_covered(rng);
	print_message("coverage with three strata: %.1f %%\n", 100.0 * hits / EXPERIMENTS);
	assert_in_range(hits, 0.93 * EXPERIMENTS, 0.97 * EXPERIMENTS);
	gsl_rng_free(rng);
}

static void shuffle_repeats_and_keeps_every_arm(void **state)
{
	struct stats_shuffle a, b;
	int x[64], y[64];
	int seen[64] = { 0 };

	(void)state;
	for (int i = 0; i < 64; i++)
		x[i] = y[i] = i;
	assert_int_equal(stats__shuffle_init(&a, 7), 0);
	assert_int_equal(stats__shuffle_init(&b, 7), 0);
	stats__shuffle(&a, x, 64);
	stats__shuffle(&b, y, 64);
	assert_memory_equal(x, y, sizeof(x));
	stats__shuffle(&a, x, 64);
	assert_memory_not_equal(x, y, sizeof(x));
	stats__shuffle(&a, x, 0);
	for (int i = 0; i < 64; i++)
		seen[x[i]]++;
	for (int i = 0; i < 64; i++)
		assert_int_equal(seen[i], 1);
	stats__shuffle_free(&a);
	stats__shuffle_free(&a);
	stats__shuffle_free(&b);
	stats__shuffle_free(NULL);
}

/* Chi-square over the 6 orders of 3 arms, 5 degrees of freedom: 20.5 is p = 0.001. */
static void every_order_is_equally_likely(void **state)
{
	struct stats_shuffle shuffle;
	int count[27] = { 0 };
	double chi2 = 0;

	(void)state;
	assert_int_equal(stats__shuffle_init(&shuffle, 1), 0);
	for (int i = 0; i < 6000; i++) {
		int order[] = { 0, 1, 2 };

		stats__shuffle(&shuffle, order, 3);
		count[9 * order[0] + 3 * order[1] + order[2]]++;
	}
	for (int i = 0; i < 27; i++)
		if (count[i])
			chi2 += (count[i] - 1000.0) * (count[i] - 1000.0) / 1000.0;
	assert_true(count[5] && count[7] && count[11] && count[15] && count[19] && count[21]);
	assert_true(chi2 < 20.5);
	stats__shuffle_free(&shuffle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(median_of_odd_even_and_unsorted),
		cmocka_unit_test(median_of_nothing_is_nan),
		cmocka_unit_test(too_few_values),
		cmocka_unit_test(values_that_are_not_finite_are_refused),
		cmocka_unit_test(equal_values_give_a_point),
		cmocka_unit_test(ends_lie_between_order_statistics),
		cmocka_unit_test(order_of_the_blocks_does_not_matter),
		cmocka_unit_test(intervals_cover_the_median),
		cmocka_unit_test(one_stratum_is_no_stratum),
		cmocka_unit_test(strata_weigh_the_same_however_many_values_they_have),
		cmocka_unit_test(strata_that_cannot_be_used),
		cmocka_unit_test(stratified_intervals_cover_the_mean_of_medians),
		cmocka_unit_test(shuffle_repeats_and_keeps_every_arm),
		cmocka_unit_test(every_order_is_equally_likely),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
