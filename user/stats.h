/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats - medians with honest intervals, and a seeded order of runs.
 *
 * The arithmetic is GSL's. What is decided here is which interval a handful of blocks
 * can support, and that the same seed gives the same numbers on every machine.
 */
#ifndef SWITCHTAX_STATS_H
#define SWITCHTAX_STATS_H

#include <gsl/gsl_rng.h>
#include <stddef.h>

/* A median and its 95 % interval, in the unit of the sample; NAN where there is none. */
struct interval {
	double mid;
	double low;
	double high;
	size_t n;	/* sample size */
};

/* Order of runs: a Mersenne twister owned by whoever shuffles. */
struct stats_shuffle {
	gsl_rng *rng;
};

/*
 * Median of x[0..n), in the unit of x; x is left as it is. For even n the mean of the
 * two middle values. NAN for n == 0, for a sample with a NAN in it, or without memory.
 */
double stats__median(const double *x, size_t n);

/*
 * Median of x[0..n) and its 95 % interval.
 *
 * The interval is the percentile bootstrap of the median (4000 resamples, GSL's mt19937
 * seeded with @seed: the same seed gives the same interval), never narrower than the
 * exact interval between two order statistics.
 *
 * Why both: the bootstrap of a median of few values can only land on those values, and
 * for normal samples its "95 %" covers 88 % at n = 7 and 91 % at n = 13. The interval from
 * the k-th smallest to the k-th largest value covers the median of any continuous
 * distribution with probability 1 - 2 P(Bin(n, 1/2) < k); k is the largest that still
 * gives 95 %. Below n = 6 there is no such k: even smallest..largest covers 1 - 2 (1/2)^n,
 * which is 50 % (n = 2), 75, 87.5 and 93.75 % (n = 5). Smallest..largest is then what is
 * returned, and a report should say that it is less than 95 %.
 *
 * In effect: up to some 50 values the exact interval was the wider one in every trial, so
 * the seed shows only beyond. With 12 values the two together cover 96.7 %.
 *
 * Sources: Efron & Tibshirani, An Introduction to the Bootstrap (1993), ch. 13;
 * David & Nagaraja, Order Statistics (3rd ed. 2003), section 7.1.
 *
 * n == 1 gives mid and no interval (low = high = NAN).
 * Returns 0, -ENODATA for n == 0, -EINVAL if a value is not finite, -ENOMEM; *out then
 * holds NANs and n.
 */
int stats__bootstrap_median(const double *x, size_t n, unsigned long seed,
			    struct interval *out);

/*
 * Start a generator for orders of runs. GSL uses the low 32 bits of @seed, and reads 0 as
 * 4357. Returns 0 or -ENOMEM; end with stats__shuffle_free().
 */
int stats__shuffle_init(struct stats_shuffle *shuffle, unsigned long seed);

/* Put order[0..n) into random order, every order equally likely (Fisher-Yates). */
void stats__shuffle(struct stats_shuffle *shuffle, int *order, size_t n);

/* Accepts NULL, and a generator that never started if it was zeroed. */
void stats__shuffle_free(struct stats_shuffle *shuffle);

#endif
