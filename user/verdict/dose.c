// SPDX-License-Identifier: GPL-2.0-or-later
// Fits a line in every block, and puts intervals on what the lines have in common.
#include "verdict/dose.h"

#include <errno.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The slopes of all pairs of a block's points. */
struct slopes {
	double *slope;
	double *weight;
	size_t *order;
	double *rest;		/* excess less what the dose explains, for each point */
	size_t count;
};

static int slopes_init(struct slopes *slopes, size_t points)
{
	size_t pairs = points * (points - 1) / 2 + 1;

	*slopes = (struct slopes){
		.slope = calloc(pairs, sizeof(double)),
		.weight = calloc(pairs, sizeof(double)),
		.order = calloc(pairs, sizeof(size_t)),
		.rest = calloc(points, sizeof(double)),
	};
	return slopes->slope && slopes->weight && slopes->order && slopes->rest ? 0 : -ENOMEM;
}

static void slopes_free(struct slopes *slopes)
{
	free(slopes->slope);
	free(slopes->weight);
	free(slopes->order);
	free(slopes->rest);
}

static void add_pair(struct slopes *slopes, const struct dose_point *a, const struct dose_point *b)
{
	double distance = b->handoffs - a->handoffs;

	if (a->block != b->block || distance == 0)
		return;
	slopes->slope[slopes->count] = (b->excess_ms - a->excess_ms) / distance;
	slopes->weight[slopes->count++] = fabs(distance);
}

/* Half of the weight lies below it; the mean of two values where it lies between them. */
static double weighted_median(struct slopes *slopes)
{
	double half = 0, below = 0;
	size_t i = 0;

	for (size_t k = 0; k < slopes->count; k++)
		half += slopes->weight[k] / 2;
	gsl_sort_index(slopes->order, slopes->slope, 1, slopes->count);
	for (; i + 1 < slopes->count; i++) {
		below += slopes->weight[slopes->order[i]];
		if (below >= half)
			break;
	}
	if (below == half && i + 1 < slopes->count)
		return (slopes->slope[slopes->order[i]] + slopes->slope[slopes->order[i + 1]]) / 2;
	return slopes->slope[slopes->order[i]];
}

/* Has the dose been varied, or is it only never twice the same? */
static bool is_varied(const struct dose_point *points, size_t n, uint64_t block)
{
	double least = INFINITY, most = 0;

	for (size_t i = 0; i < n; i++) {
		if (points[i].block != block)
			continue;
		least = fmin(least, points[i].handoffs);
		most = fmax(most, points[i].handoffs);
	}
	return most > DOSE_VARIED * least;
}

/* The line of one block. False: it has none. */
static bool fit_block(const struct dose_point *points, size_t n, uint64_t block,
		      struct slopes *slopes, struct dose_line *line)
{
	size_t rests = 0;
	double slope;

	slopes->count = 0;
	if (!is_varied(points, n, block))
		return false;
	for (size_t a = 0; a < n; a++)
		for (size_t b = a + 1; b < n && points[a].block == block; b++)
			add_pair(slopes, &points[a], &points[b]);
	if (!slopes->count)
		return false;
	slope = weighted_median(slopes);
	for (size_t i = 0; i < n; i++)
		if (points[i].block == block)
			slopes->rest[rests++] = points[i].excess_ms - slope * points[i].handoffs;
	*line = (struct dose_line){ block, slope * 1000, stats__median(slopes->rest, rests) };
	return true;
}

static bool is_first_of_block(const struct dose_point *points, size_t i)
{
	for (size_t before = 0; before < i; before++)
		if (points[before].block == points[i].block)
			return false;
	return true;
}

int dose__lines(const struct dose_point *points, size_t n, struct dose_line *lines)
{
	struct slopes slopes = { 0 };
	int count = 0;
	int err = n ? slopes_init(&slopes, n) : 0;

	for (size_t i = 0; i < n && !err; i++)
		if (is_first_of_block(points, i))
			count += fit_block(points, n, points[i].block, &slopes, &lines[count]);
	slopes_free(&slopes);
	return err ? err : count;
}

static bool all_finite(const struct dose_point *points, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(points[i].handoffs) || !isfinite(points[i].excess_ms))
			return false;
	return true;
}

/* values: room for one number per line. */
static int over_lines(const struct dose_line *lines, size_t count, double *values,
		      struct dose_fit *fit)
{
	int err;

	for (size_t i = 0; i < count; i++)
		values[i] = lines[i].slope_us;
	err = stats__median_interval(values, count, &fit->slope_us);
	for (size_t i = 0; i < count; i++)
		values[i] = lines[i].intercept_ms;
	return err ? err : stats__median_interval(values, count, &fit->intercept_ms);
}

int dose__fit(const struct dose_point *points, size_t n, struct dose_fit *fit)
{
	const struct interval none = { NAN, NAN, NAN, 0 };
	struct dose_line *lines = calloc(n + 1, sizeof(*lines));
	double *values = calloc(n + 1, sizeof(*values));
	int count = -ENOMEM;

	*fit = (struct dose_fit){ none, none };
	if (lines && values)
		count = all_finite(points, n) ? dose__lines(points, n, lines) : -EINVAL;
	if (count >= 2)
		count = over_lines(lines, (size_t)count, values, fit);
	else if (count >= 0)
		count = -ENODATA;
	free(values);
	free(lines);
	return count;
}

static bool any_untraced(const struct trials *trials)
{
	for (size_t i = 0; i < trials->count; i++)
		if (!trials->items[i].traced)
			return true;
	return false;
}

static const struct trial *find(const struct trials *trials, const char *arm, uint64_t block,
				 bool traced)
{
	for (size_t i = 0; i < trials->count; i++) {
		const struct trial *trial = &trials->items[i];

		if (trial->valid && trial->block == block && trial->traced == traced &&
		    strcmp(trial->arm, arm) == 0)
			return trial;
	}
	return NULL;
}

double dose__handoffs(const struct trials *trials, const struct trial *run)
{
	const struct trial *traced;

	if (isfinite(run->handoffs) || run->traced)
		return run->handoffs;
	traced = find(trials, run->arm, run->block, true);
	return traced ? traced->handoffs : NAN;
}

static bool is_point(const struct trials *trials, const struct trial *run, const char *other)
{
	return run->valid && run->block &&
	       (strcmp(run->arm, other) == 0 || strcmp(run->of, other) == 0) &&
	       isfinite(dose__handoffs(trials, run));
}

static void add_points(const struct trials *trials, const char *base, const char *other,
		       struct dose_points *points)
{
	bool traced = !any_untraced(trials);

	for (size_t i = 0; i < trials->count; i++) {
		const struct trial *run = &trials->items[i];
		const struct trial *one = find(trials, base, run->block, traced);

		if (!one || run->traced != traced || !is_point(trials, run, other))
			continue;
		points->arms[points->count] = run->arm;
		points->items[points->count++] = (struct dose_point){
			run->block, dose__handoffs(trials, run), run->wall_ms - one->wall_ms };
	}
}

int dose__of_trials(const struct trials *trials, const char *base, const char *other,
		    struct dose_points *points)
{
	*points = (struct dose_points){
		.items = calloc(trials->count + 1, sizeof(*points->items)),
		.arms = calloc(trials->count + 1, sizeof(*points->arms)),
	};
	if (!points->items || !points->arms)
		return -ENOMEM;
	add_points(trials, base, other, points);
	return 0;
}

void dose__free(struct dose_points *points)
{
	free(points->items);
	free(points->arms);
	*points = (struct dose_points){ 0 };
}

/* NAN: the block lacks a run. */
static double share_in_block(const struct trials *trials, const char *base, const char *other,
			     const struct dose_line *line)
{
	bool traced = !any_untraced(trials);
	const struct trial *one = find(trials, base, line->block, traced);
	const struct trial *run = find(trials, other, line->block, traced);

	if (!one || !run)
		return NAN;
	return line->slope_us / 1000 * dose__handoffs(trials, run) / (run->wall_ms - one->wall_ms);
}

int dose__share(const struct trials *trials, const char *base, const char *other,
		struct interval *share)
{
	struct dose_points points;
	struct dose_line *lines = calloc(trials->count + 1, sizeof(*lines));
	double *values = calloc(trials->count + 1, sizeof(*values));
	int err = dose__of_trials(trials, base, other, &points);
	int count = 0;
	size_t have = 0;

	*share = (struct interval){ NAN, NAN, NAN, 0 };
	if (!lines || !values)
		err = -ENOMEM;
	if (!err)
		count = dose__lines(points.items, points.count, lines);
	for (int i = 0; i < count; i++) {
		values[have] = share_in_block(trials, base, other, &lines[i]);
		have += isfinite(values[have]) != 0;
	}
	if (!err)
		err = count < 0 ? count : stats__median_interval(values, have, share);
	free(values);
	free(lines);
	dose__free(&points);
	return err;
}
