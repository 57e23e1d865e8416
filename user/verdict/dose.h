/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dose - what one hand-off costs in full: the excess held against the number of hand-offs.
 *
 * Pure arithmetic. The dose is varied from outside (the lock's switch interval), so what grows
 * with it is its effect, whichever way it takes: the switches themselves, cold caches, anything.
 */
#ifndef SWITCHTAX_DOSE_H
#define SWITCHTAX_DOSE_H

#include <stddef.h>
#include <stdint.h>

#include "evidence/trials.h"
#include "base/stats.h"

#define DOSE_VARIED 1.5

/* One run under the lock, held against the base of its block. */
struct dose_point {
	uint64_t block;
	double handoffs;
	double excess_ms;
};

struct dose_points {
	struct dose_point *items;
	const char **arms;	/* of each, as named in the trials */
	size_t count;
};

/* excess = intercept + slope x hand-offs, within one block. */
struct dose_line {
	uint64_t block;
	double slope_us;	/* per hand-off */
	double intercept_ms;	/* what would remain without any hand-off */
};

/* The same over all blocks; n is the number of blocks that have a line. */
struct dose_fit {
	struct interval slope_us;
	struct interval intercept_ms;
};

/*
 * The line of each block in which the dose was varied, so that the largest is more than
 * DOSE_VARIED times the smallest, in the order of the blocks' first points; lines has room for n.
 * Returns how many, or -ENOMEM. Hand-offs that differ by chance only, as those of a lock that
 * knows no switch interval, are no doses: their slope would be noise over noise.
 *
 * The slope is the one that makes the sum of |difference of excess - slope x difference of dose|
 * over all pairs of a block's points least. That is the Theil-Sen estimator, the median of all
 * pairwise slopes, with each slope weighted by the distance of its two doses. The intercept is
 * the median of excess - slope x dose.
 *
 * Why the median: a run that was disturbed moves it little, where least squares follow it. Why
 * the weights: with doses in log steps most pairs lie close together, and their slopes are little
 * but noise. Why inside a block: all points of a block share the error of its one base run, which
 * cancels in the slope.
 *
 * Sources: P. K. Sen, Journal of the American Statistical Association 63 (1968), 1379-1389; the
 * weights: L. A. Jaeckel, Annals of Mathematical Statistics 43 (1972), 1449-1458, and
 * G. L. Sievers, Journal of the American Statistical Association 73 (1978), 628-631.
 */
int dose__lines(const struct dose_point *points, size_t n, struct dose_line *lines);

/*
 * Medians over blocks of what dose__lines() gives, with the 95 % intervals of stats.h over the
 * blocks' lines: the points of a block are not independent, blocks are. Returns 0, -ENODATA if
 * fewer than two blocks have a line, -EINVAL if a point is not finite, or -ENOMEM.
 */
int dose__fit(const struct dose_point *points, size_t n, struct dose_fit *fit);

/*
 * The hand-offs of a run. Only our own workloads count theirs without being traced: for others
 * they are those of the traced run of the same arm and block. NAN: not known.
 */
double dose__handoffs(const struct trials *trials, const struct trial *run);

/*
 * The points of untraced runs: of the arm other, and of the arms that are other at another
 * switch interval, each against the base of its block. Without any untraced runs, the traced
 * ones. Returns 0 or -ENOMEM; end with dose__free(), in every case.
 */
int dose__of_trials(const struct trials *trials, const char *base, const char *other,
		    struct dose_points *points);
void dose__free(struct dose_points *points);

/*
 * The share of the excess of the arm other that its hand-offs explain in full, slope x hand-offs
 * / excess (1 = all), block by block: "wide" in the verdict. other's own narrow cost
 * cancels: narrow + (slope - narrow / hand-offs) x hand-offs = slope x hand-offs. Returns 0,
 * -ENODATA or -ENOMEM.
 */
int dose__share(const struct trials *trials, const char *base, const char *other,
		struct interval *share);

#endif
