// SPDX-License-Identifier: GPL-2.0-or-later
// Groups observations by run.
#include "evidence/run_shares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool run_shares__same_run(const struct observation *a, const struct observation *b)
{
	return a->row.block == b->row.block && a->traced == b->traced &&
	       strcmp(a->row.run_id, b->row.run_id) == 0 && strcmp(a->row.arm, b->row.arm) == 0;
}

static bool same_metric(const struct observation *a, const struct observation *b)
{
	return strcmp(a->row.metric, b->row.metric) == 0;
}

bool run_shares__is_first(const struct observations *all, size_t index)
{
	const struct observation *item = &all->items[index];

	for (size_t i = 0; i < index; i++)
		if (same_metric(&all->items[i], item) &&
		    run_shares__same_run(&all->items[i], item))
			return false;
	return true;
}

/* NAN: too few counts. */
static double share_of_run(const struct observations *all, size_t first,
			   const struct run_shares_part *part)
{
	double inside = 0, sum = 0;

	for (size_t i = first; i < all->count; i++) {
		const struct observation *item = &all->items[i];
		uint64_t low_ns = strtoull(item->row.variant, NULL, 10);

		if (!same_metric(item, &all->items[first]) ||
		    !run_shares__same_run(item, &all->items[first]))
			continue;
		sum += item->row.value;
		if (low_ns >= part->from_ns && low_ns < part->below_ns)
			inside += item->row.value;
	}
	return sum > 0 && sum >= part->least ? inside / sum : NAN;
}

int run_shares__of_histogram(const struct observations *all, const struct run_shares_part *part,
			     struct observations *out, const char *name)
{
	int err = 0;

	for (size_t i = 0; i < all->count && !err; i++) {
		const struct observation_row *row = &all->items[i].row;
		double share;

		if (strcmp(row->metric, part->metric) || !run_shares__is_first(all, i))
			continue;
		share = share_of_run(all, i, part);
		if (!isnan(share))
			err = observations__put(out, row->arm, row->block, name, "-", share);
	}
	return err;
}
