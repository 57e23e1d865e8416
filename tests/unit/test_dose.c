// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of dose and response: planted ones come back, with intervals that keep their word.
#include <errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/program/arm_name.h"
#include "../../user/verdict/dose.h"

#define BLOCKS 8
#define DOSES 7

static const double doses[DOSES] = { 4, 16, 35, 109, 305, 826, 1810 };

#define assert_near(a, b) assert_true(fabs((a) - (b)) < 1e-9 * (1 + fabs((double)(b))))

/* slope in us, intercept in ms; noise of the base run is the whole block's. */
struct plan {
	double slope_us;
	double intercept_ms;
	double noise_ms;
	double base_noise_ms;
};

static size_t fill(struct dose_point *points, const struct plan *plan, gsl_rng *rng)
{
	size_t count = 0;

	for (uint64_t block = 1; block <= BLOCKS; block++) {
		double base = rng ? gsl_ran_gaussian(rng, plan->base_noise_ms) : 0;

		for (int i = 0; i < DOSES; i++) {
			double noise = rng ? gsl_ran_gaussian(rng, plan->noise_ms) : 0;

			double excess = plan->intercept_ms + plan->slope_us / 1000 * doses[i];

			points[count++] = (struct dose_point){ block, doses[i],
							       excess + base + noise };
		}
	}
	return count;
}

static void a_planted_line_comes_back(void **state)
{
	const struct plan plan = { .slope_us = 55, .intercept_ms = 30 };
	struct dose_point points[BLOCKS * DOSES];
	size_t n = fill(points, &plan, NULL);
	struct dose_fit fit;

	(void)state;
	assert_int_equal(dose__fit(points, n, &fit), 0);
	assert_near(fit.slope_us.mid, 55);
	assert_near(fit.slope_us.low, 55);
	assert_near(fit.slope_us.high, 55);
	assert_near(fit.intercept_ms.mid, 30);
	assert_int_equal(fit.slope_us.n, BLOCKS);
	assert_int_equal(fit.intercept_ms.n, BLOCKS);
}

/* A slow base run lifts all of its block: the slope does not see it. */
static void a_slow_base_run_is_not_the_dose(void **state)
{
	const struct plan plan = { .slope_us = 55, .intercept_ms = 30 };
	struct dose_point points[BLOCKS * DOSES];
	size_t n = fill(points, &plan, NULL);
	struct dose_fit fit;

	(void)state;
	for (size_t i = 0; i < n; i++)
		points[i].excess_ms -= points[i].block % 2 ? 500 : 0;
	assert_int_equal(dose__fit(points, n, &fit), 0);
	assert_near(fit.slope_us.low, 55);
	assert_near(fit.slope_us.high, 55);
	assert_near(fit.intercept_ms.low, -470);
	assert_near(fit.intercept_ms.high, 30);
}

/* In every block, another run but the farthest was disturbed: the line stays. */
static void a_disturbed_run_moves_nothing(void **state)
{
	const struct plan plan = { .slope_us = 55, .intercept_ms = 30 };
	struct dose_point points[BLOCKS * DOSES];
	size_t n = fill(points, &plan, NULL);
	struct dose_fit fit;

	(void)state;
	for (size_t block = 0; block < BLOCKS; block++)
		points[block * DOSES + block % (DOSES - 2)].excess_ms += 1000;
	assert_int_equal(dose__fit(points, n, &fit), 0);
	assert_near(fit.slope_us.mid, 55);
	assert_near(fit.intercept_ms.mid, 30);
}

/* Doses of 4, 16 and 17 tell little beside 1000. Counted alike, all slopes would give 1025 us. */
static void near_doses_weigh_little(void **state)
{
	const double x[] = { 4, 16, 17, 1000 }, y[] = { 0, 24, 27, 50 };
	struct dose_point points[4];
	struct dose_line line;

	(void)state;
	for (int i = 0; i < 4; i++)
		points[i] = (struct dose_point){ 1, x[i], y[i] };
	assert_int_equal(dose__lines(points, 4, &line), 1);
	assert_near(line.slope_us, 1000 * 26.0 / 984);
	assert_int_equal(line.block, 1);
}

/* Weights 1, 1, 2: half of the weight lies exactly between two slopes. */
static void a_tie_takes_the_mean(void **state)
{
	const struct dose_point points[] = { { 3, 1, 0 }, { 3, 2, 1 }, { 3, 3, 4 } };
	struct dose_line line;

	(void)state;
	/* slopes 1 (weight 1), 2 (weight 2), 3 (weight 1) */
	assert_int_equal(dose__lines(points, 3, &line), 1);
	assert_near(line.slope_us, 2000);
	/* two doses twice: slopes 1 and 3 only, two of each, all of weight 1 */
	const struct dose_point twice[] = { { 3, 1, 0 }, { 3, 1, 0 }, { 3, 2, 1 }, { 3, 2, 3 } };

	assert_int_equal(dose__lines(twice, 4, &line), 1);
	assert_near(line.slope_us, 2000);
}

/* 100 experiments with noise of a real machine; the seed is fixed, so the count is too. */
static void intervals_keep_their_word(void **state)
{
	const struct plan plan = { .slope_us = 55, .intercept_ms = 30, .noise_ms = 25,
				   .base_noise_ms = 40 };
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct dose_point points[BLOCKS * DOSES];
	int slopes = 0, intercepts = 0, useful = 0;

	(void)state;
	assert_non_null(rng);
	gsl_rng_set(rng, 42);
	for (int i = 0; i < 100; i++) {
		size_t n = fill(points, &plan, rng);
		struct dose_fit fit;

		assert_int_equal(dose__fit(points, n, &fit), 0);
		slopes += fit.slope_us.low <= 55 && 55 <= fit.slope_us.high;
		intercepts += fit.intercept_ms.low <= 30 && 30 <= fit.intercept_ms.high;
		useful += fit.slope_us.low > 0;
	}
	gsl_rng_free(rng);
	print_message("# covered of 100: slope %d, intercept %d; useful: %d\n", slopes, intercepts,
		      useful);
	assert_in_range(slopes, 90, 100);
	assert_in_range(intercepts, 90, 100);
	/* An interval that holds everything would cover as well. */
	assert_in_range(useful, 90, 100);
}

static void nothing_to_fit_says_so(void **state)
{
	struct dose_point points[BLOCKS * DOSES];
	const struct plan plan = { .slope_us = 55 };
	size_t n = fill(points, &plan, NULL);
	struct dose_fit fit;

	(void)state;
	assert_int_equal(dose__fit(points, 0, &fit), -ENODATA);
	assert_int_equal(fit.slope_us.n, 0);
	/* one block */
	assert_int_equal(dose__fit(points, DOSES, &fit), -ENODATA);
	assert_true(isnan(fit.slope_us.mid));
	/* one dose in each block: different blocks are never held against each other */
	for (size_t i = 0; i < BLOCKS; i++)
		points[i] = (struct dose_point){ i + 1, doses[i % DOSES], 1 };
	assert_int_equal(dose__fit(points, BLOCKS, &fit), -ENODATA);
	/* all doses equal */
	for (size_t i = 0; i < n; i++)
		points[i] = (struct dose_point){ i / DOSES, 12, (double)i };
	assert_int_equal(dose__fit(points, n, &fit), -ENODATA);
	points[3].excess_ms = NAN;
	assert_int_equal(dose__fit(points, n, &fit), -EINVAL);
}

static void add(struct trials *trials, const char *arm, uint64_t block, bool traced,
		double handoffs, double wall_ms)
{
	struct trial trial = { .block = block, .traced = traced, .valid = true,
				 .wall_ms = wall_ms, .handoffs = handoffs };

	snprintf(trial.arm, sizeof(trial.arm), "%s", arm);
	trial.interval_us = arm_name__split(arm, trial.of);
	assert_int_equal(trials__add(trials, &trial), 0);
}

/* Base 1000 ms; 100 us a hand-off, and 10 ms beside. threads: 200 hand-offs. */
static void add_blocks(struct trials *trials)
{
	for (uint64_t block = 0; block <= BLOCKS; block++) {
		double base = 1000 + (double)(block % 3) * 100;

		add(trials, "sequential", block, false, 0, base);
		add(trials, "threads", block, false, 200, base + 30);
		add(trials, "threads-i100", block, false, 2000, base + 210);
		add(trials, "threads-1cpu", block, false, 500, base + 900);
		add(trials, "threads-w2", block, false, 500, base / 2);
		add(trials, "threads", block, true, 200, base + 500);
	}
}

static void points_come_from_the_right_runs(void **state)
{
	struct trials trials = { 0 };
	struct dose_points points;

	(void)state;
	add_blocks(&trials);
	trials.items[trials.count - 2].valid = false;	/* no dose anyway */
	trials.items[trials.count - 4].valid = false;	/* threads-i100 of the last block */
	assert_int_equal(dose__of_trials(&trials, "sequential", "threads", &points), 0);
	/* The warm-up, traced runs and other arms give none. */
	assert_int_equal(points.count, 2 * BLOCKS - 1);
	for (size_t i = 0; i < points.count; i++) {
		assert_in_range(points.items[i].block, 1, BLOCKS);
		assert_near(points.items[i].excess_ms, 10 + points.items[i].handoffs / 10);
	}
	dose__free(&points);
	trials__free(&trials);
}

static void shares_of_the_excess(void **state)
{
	struct trials trials = { 0 };
	struct interval share;

	(void)state;
	assert_int_equal(dose__share(&trials, "sequential", "threads", &share), -ENODATA);
	add_blocks(&trials);
	assert_int_equal(dose__share(&trials, "sequential", "threads", &share), 0);
	assert_int_equal(share.n, BLOCKS);
	assert_near(share.mid, 20.0 / 30);
	trials__free(&trials);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_planted_line_comes_back),
		cmocka_unit_test(a_slow_base_run_is_not_the_dose),
		cmocka_unit_test(a_disturbed_run_moves_nothing),
		cmocka_unit_test(near_doses_weigh_little),
		cmocka_unit_test(a_tie_takes_the_mean),
		cmocka_unit_test(intervals_keep_their_word),
		cmocka_unit_test(nothing_to_fit_says_so),
		cmocka_unit_test(points_come_from_the_right_runs),
		cmocka_unit_test(shares_of_the_excess),
	};

	return cmocka_run_group_tests_name("dose", tests, NULL, NULL);
}
