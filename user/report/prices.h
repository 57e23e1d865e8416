/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_prices - the price list for people and as JSON. */
#ifndef SWITCHTAX_REPORT_PRICES_H
#define SWITCHTAX_REPORT_PRICES_H

#include <stdint.h>
#include <stdio.h>

#include "prices/prices.h"

#define REPORT_PRICES_MAX_MISSING 8

struct report_prices {
	const struct prices *prices;
	struct interval against_perf;	/* n == 0: there is none */
	uint64_t rounds;		/* whole ones */
	const char *stop_reason;
	const char *folder;
	/* What is not in the list, and why; one line each. */
	char missing[REPORT_PRICES_MAX_MISSING][320];
	size_t nmissing;
};

void report_prices__text(FILE *out, const struct report_prices *report);
void report_prices__json(FILE *out, const struct report_prices *report);

#endif
