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

#include "../../user/stats.h"

#define EXPERIMENTS 1000

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
	assert_int_equal(stats__bootstrap_median(x, 0, 1, &out), -ENODATA);
	assert_true(isnan(out.mid) && isnan(out.low) && isnan(out.high));
	assert_int_equal(stats__bootstrap_median(x, 1, 1, &out), 0);
	equal(out.mid, 7);
	assert_true(isnan(out.low) && isnan(out.high));
	for (size_t n = 2; n <= 5; n++) {
		assert_int_equal(stats__bootstrap_median(x, n, 1, &out), 0);
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
	assert_int_equal(stats__bootstrap_median(holes, 3, 1, &out), -EINVAL);
	assert_true(isnan(out.mid));
	assert_int_equal(stats__bootstrap_median(infinite, 3, 1, &out), -EINVAL);
	assert_true(isnan(out.low));
}

static void equal_values_give_a_point(void **state)
{
	const double x[] = { 4, 4, 4, 4, 4, 4, 4, 4 };
	struct interval out;

	(void)state;
	assert_int_equal(stats__bootstrap_median(x, 8, 3, &out), 0);
	equal(out.low, 4);
	equal(out.mid, 4);
	equal(out.high, 4);
}

/* 1..n: at n = 12 the exact ranks are 3 and 10, at 6 and 7 the ends, at 9 2 and 8. */
static void never_narrower_than_the_order_statistics(void **state)
{
	const size_t rank[] = { [6] = 1, [7] = 1, [8] = 1, [9] = 2, [12] = 3, [20] = 6 };
	double x[20];
	struct interval out;

	(void)state;
	for (size_t i = 0; i < 20; i++)
		x[i] = (double)i + 1;
	for (size_t n = 6; n <= 20; n++) {
		if (!rank[n])
			continue;
		assert_int_equal(stats__bootstrap_median(x, n, 11, &out), 0);
		assert_true(out.low <= (double)rank[n]);
		assert_true(out.high >= (double)(n + 1 - rank[n]));
		assert_true(out.low >= 1 && out.high <= (double)n);
		assert_true(n < 12 || (out.low > 1 && out.high < (double)n));
	}
}

/* Many values, since with few the exact interval hides what the seed does. */
static void same_seed_same_interval(void **state)
{
	double x[136], reversed[136];
	struct interval a, b;
	int differs = 0;

	(void)state;
	for (size_t i = 0; i < 136; i++)
		x[i] = reversed[135 - i] = exp(0.1 * (double)i);
	assert_int_equal(stats__bootstrap_median(x, 136, 42, &a), 0);
	assert_int_equal(stats__bootstrap_median(x, 136, 42, &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	/* the order of the blocks must not matter either */
	assert_int_equal(stats__bootstrap_median(reversed, 136, 42, &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	for (unsigned long seed = 1; seed < 20; seed++) {
		assert_int_equal(stats__bootstrap_median(x, 136, seed, &b), 0);
		differs |= memcmp(&a, &b, sizeof(a)) != 0;
		equal(b.mid, a.mid);
	}
	assert_true(differs);
}

static int covered(const gsl_rng *rng, size_t n, unsigned long seed)
{
	struct interval out;
	double x[32];

	for (size_t i = 0; i < n; i++)
		x[i] = 100 + gsl_ran_gaussian(rng, 15);
	assert_int_equal(stats__bootstrap_median(x, n, seed, &out), 0);
	assert_true(out.low <= out.mid && out.mid <= out.high);
	return out.low <= 100 && 100 <= out.high;
}

static int coverage(size_t n)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	int hits = 0;

	gsl_rng_set(rng, 20240611);
	for (unsigned long i = 0; i < EXPERIMENTS; i++)
		hits += covered(rng, n, i);
	gsl_rng_free(rng);
	print_message("coverage of n = %zu: %.1f %%\n", n, 100.0 * hits / EXPERIMENTS);
	return hits;
}

static void intervals_cover_the_median(void **state)
{
	int hits = coverage(12);

	(void)state;
	assert_in_range(hits, 910, 990);
	/* where the plain percentile bootstrap covers 88 % */
	hits = coverage(7);
	assert_in_range(hits, 940, 999);
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
		cmocka_unit_test(never_narrower_than_the_order_statistics),
		cmocka_unit_test(same_seed_same_interval),
		cmocka_unit_test(intervals_cover_the_median),
		cmocka_unit_test(shuffle_repeats_and_keeps_every_arm),
		cmocka_unit_test(every_order_is_equally_likely),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
