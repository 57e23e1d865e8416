// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stats - medians with honest intervals, and a seeded order of runs.
 *
 * GSL's default error handler aborts the process. The calls that can fail here are the
 * allocations of a generator, so the handler is off around them and only there.
 */
#include "stats.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RESAMPLES 4000
#define TAIL 0.025

static gsl_rng *rng_new(unsigned long seed)
{
	gsl_error_handler_t *before = gsl_set_error_handler_off();
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	gsl_set_error_handler(before);
	if (rng)
		gsl_rng_set(rng, seed);
	return rng;
}

static double *copy_of(const double *x, size_t n)
{
	double *copy = calloc(n, sizeof(*copy));

	if (copy)
		memcpy(copy, x, n * sizeof(*copy));
	return copy;
}

static int all_finite(const double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return 0;
	return 1;
}

double stats__median(const double *x, size_t n)
{
	double *copy;
	double median;

	if (n == 0)
		return NAN;
	for (size_t i = 0; i < n; i++)
		if (isnan(x[i]))
			return NAN;
	copy = copy_of(x, n);
	if (!copy)
		return NAN;
	median = gsl_stats_median(copy, 1, n); /* reorders what it is given */
	free(copy);
	return median;
}

/* Rank of the exact interval's ends, from 1: x(k) .. x(n + 1 - k). See stats.h. */
static size_t exact_rank(size_t n)
{
	size_t k = 0;

	while (k < n / 2 && gsl_cdf_binomial_P((unsigned int)k, 0.5, (unsigned int)n) <= TAIL)
		k++;
	return k ? k : 1;
}

static void resample_medians(double *x, size_t n, gsl_rng *rng, double *resample,
			     double *medians)
{
	for (size_t i = 0; i < RESAMPLES; i++) {
		gsl_ran_sample(rng, resample, n, x, n, sizeof(*x));
		medians[i] = gsl_stats_median(resample, 1, n);
	}
	gsl_sort(medians, 1, RESAMPLES);
}

/* @sorted has at least two values. */
static int interval_of(double *sorted, size_t n, unsigned long seed, struct interval *out)
{
	size_t k = exact_rank(n);
	double *medians = calloc(RESAMPLES, sizeof(*medians));
	double *resample = calloc(n, sizeof(*resample));
	gsl_rng *rng = rng_new(seed);
	int err = -ENOMEM;

	if (!medians || !resample || !rng)
		goto out;
	resample_medians(sorted, n, rng, resample, medians);
	out->low = fmin(sorted[k - 1],
			gsl_stats_quantile_from_sorted_data(medians, 1, RESAMPLES, TAIL));
	out->high = fmax(sorted[n - k],
			 gsl_stats_quantile_from_sorted_data(medians, 1, RESAMPLES, 1 - TAIL));
	err = 0;
out:
	if (rng)
		gsl_rng_free(rng);
	free(resample);
	free(medians);
	return err;
}

int stats__bootstrap_median(const double *x, size_t n, unsigned long seed,
			    struct interval *out)
{
	double *sorted;
	int err = 0;

	*out = (struct interval){ .mid = NAN, .low = NAN, .high = NAN, .n = n };
	if (n == 0)
		return -ENODATA;
	if (!all_finite(x, n))
		return -EINVAL;
	sorted = copy_of(x, n);
	if (!sorted)
		return -ENOMEM;
	gsl_sort(sorted, 1, n);
	if (n > 1)
		err = interval_of(sorted, n, seed, out);
	if (!err)
		out->mid = gsl_stats_median_from_sorted_data(sorted, 1, n);
	free(sorted);
	return err;
}

int stats__shuffle_init(struct stats_shuffle *shuffle, unsigned long seed)
{
	shuffle->rng = rng_new(seed);
	return shuffle->rng ? 0 : -ENOMEM;
}

void stats__shuffle(struct stats_shuffle *shuffle, int *order, size_t n)
{
	if (n > 1)
		gsl_ran_shuffle(shuffle->rng, order, n, sizeof(*order));
}

void stats__shuffle_free(struct stats_shuffle *shuffle)
{
	if (!shuffle || !shuffle->rng)
		return;
	gsl_rng_free(shuffle->rng);
	shuffle->rng = NULL;
}
