/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prices - from what the rounds of a calibration have observed to the price list.
 *
 * Pure arithmetic. A price is the median over rounds with its 95 % interval (stats.h); what is
 * a difference of two is formed round by round, so that the machine's drift cancels.
 */
#ifndef SWITCHTAX_PRICES_H
#define SWITCHTAX_PRICES_H

#include <stddef.h>

#include "results/csv.h"
#include "evidence/observations.h"
#include "results/rows.h"
#include "base/stats.h"

#define PRICES_MAX 96

/* What trace and attach measure where it is felt: to watch an acquisition and its release. */
#define PRICES_WATCHED "watched_acquisition"

struct prices {
	struct price_row rows[PRICES_MAX];
	size_t count;
};

/*
 * Add all prices for which there is an observation (calibration.h, switch_plan.h), in the order
 * of the list. Returns 0 or -ENOMEM.
 */
int prices__collect(struct prices *prices, const struct observations *observations);

/* Add one: its median and interval, in ns. Returns 0 or -ENOMEM. */
int prices__add(struct prices *prices, const char *price, const char *variant,
		const struct interval *ns);

/* Those of a results folder. Returns as csv__read(), with *error saying where. */
int prices__read(struct prices *prices, int dirfd, struct csv_error *error);

/* Our price of a switch over that of perf, round by round. As observations__ratio(). */
int prices__against_perf(const struct observations *observations, struct interval *ratio);

/* What a price is, in a few words; "" for an unknown one. */
const char *prices__meaning(const char *price);

/* The row, or NULL. */
const struct price_row *prices__find(const struct prices *prices, const char *price,
				     const char *variant);

#endif
