// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stats - medians with honest intervals, and a seeded order of runs.
 *
 * GSL's default error handler aborts the process. The calls that can fail here are the
 * allocations of a generator, so the handler is off around them and only there.
 */
#include "base/stats.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COVERAGE 0.95

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

/* How often x(k) .. x(n + 1 - k) covers the median, from k = 1. */
static double exact_coverage(size_t n, size_t k)
{
	return 1 - 2 * gsl_cdf_binomial_P((unsigned int)k - 1, 0.5, (unsigned int)n);
}

/*
 * The largest k of which x(k) .. x(n + 1 - k) still covers COVERAGE; 0 if n is too small
 * for any.
 */
static size_t exact_rank(size_t n)
{
	size_t k = 0;

	while (k < n / 2 && exact_coverage(n, k + 1) >= COVERAGE)
		k++;
	return k;
}

/* How far the ends lie from the k-th value on the way to the k+1-th. See stats.h. */
static double way_inwards(size_t n, size_t k)
{
	double wide = exact_coverage(n, k), narrow = exact_coverage(n, k + 1);
	double excess = (wide - COVERAGE) / (wide - narrow);

	return (double)(n - k) * excess / ((double)k + ((double)n - 2 * (double)k) * excess);
}

/* @sorted has at least two values. */
static void interval_of(const double *sorted, size_t n, struct interval *out)
{
	size_t k = exact_rank(n);
	double way;

	out->low = sorted[0];
	out->high = sorted[n - 1];
	if (!k)
		return;
	way = way_inwards(n, k);
	out->low = (1 - way) * sorted[k - 1] + way * sorted[k];
	out->high = (1 - way) * sorted[n - k] + way * sorted[n - k - 1];
}

int stats__median_interval(const double *x, size_t n, struct interval *out)
{
	double *sorted;

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
		interval_of(sorted, n, out);
	out->mid = gsl_stats_median_from_sorted_data(sorted, 1, n);
	free(sorted);
	return 0;
}

/* The interval of one stratum; room has space for n values. */
static int interval_of_stratum(const double *x, const size_t *stratum, size_t n, size_t which,
			       double *room, struct interval *out)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (stratum[i] == which)
			room[count++] = x[i];
	return stats__median_interval(room, count, out);
}

/* One side of the intervals of all strata: variances, and what their degrees of freedom are. */
struct side {
	double variance;
	double per_freedom;
};

/* An end at that distance from the median of n values. */
static void add_end(struct side *side, double distance, size_t n)
{
	double coverage = exact_rank(n) ? COVERAGE : exact_coverage(n, 1);
	double freedom = (double)n - 1;
	double variance = NAN;

	if (n > 1)
		variance = pow(distance / gsl_cdf_tdist_Pinv((1 + coverage) / 2, freedom), 2);
	side->variance += variance;
	side->per_freedom += variance * variance / freedom;
}

/* How far the end lies from the sum of the strata's medians. */
static double end_of(const struct side *side)
{
	double freedom = side->variance * side->variance / side->per_freedom;

	if (!(side->variance > 0))
		return side->variance;
	return gsl_cdf_tdist_Pinv((1 + COVERAGE) / 2, freedom) * sqrt(side->variance);
}

/* All the strata's medians and intervals; mid is the medians' sum. */
static int add_strata(const double *x, const size_t *stratum, size_t n, size_t nstrata,
		      double *room, struct interval *sum)
{
	struct side low = { 0 }, high = { 0 };

	*sum = (struct interval){ .mid = 0 };
	for (size_t i = 0; i < nstrata; i++) {
		struct interval one;
		int err = interval_of_stratum(x, stratum, n, i, room, &one);

		if (err)
			return err;
		sum->mid += one.mid;
		add_end(&low, one.mid - one.low, one.n);
		add_end(&high, one.high - one.mid, one.n);
	}
	sum->low = sum->mid - end_of(&low);
	sum->high = sum->mid + end_of(&high);
	return 0;
}

int stats__stratified_median(const double *x, const size_t *stratum, size_t n, size_t nstrata,
			     struct interval *out)
{
	struct interval sum;
	double *room;
	int err;

	*out = (struct interval){ .mid = NAN, .low = NAN, .high = NAN, .n = n };
	for (size_t i = 0; i < n; i++)
		if (stratum[i] >= nstrata)
			return -EINVAL;
	if (nstrata == 1)
		return stats__median_interval(x, n, out);
	if (n == 0)
		return -ENODATA;
	room = calloc(n, sizeof(*room));
	if (!room)
		return -ENOMEM;
	err = add_strata(x, stratum, n, nstrata, room, &sum);
	free(room);
	if (err)
		return err;
	out->mid = sum.mid / (double)nstrata;
	out->low = sum.low / (double)nstrata;
	out->high = sum.high / (double)nstrata;
	return 0;
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
