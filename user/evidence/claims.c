// SPDX-License-Identifier: GPL-2.0-or-later
// Keeps verdicts on claims, one row each.
#include "evidence/claims.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *claims__word(enum claim_verdict verdict)
{
	static const char *const words[] = { "supported", "refuted", "undecided" };

	return words[verdict];
}

struct interval claims__exactly(double value)
{
	return (struct interval){ value, value, value, 1 };
}

bool claims__above(const struct interval *interval, double limit)
{
	return interval->n > 1 && interval->low > limit;
}

bool claims__below(const struct interval *interval, double limit)
{
	return interval->n > 1 && interval->high < limit;
}

static bool is_judged(const struct claims *claims, const char *claim, const char *experiment)
{
	for (size_t i = 0; i < claims->count; i++)
		if (strcmp(claims->rows[i].claim, claim) == 0 &&
		    strcmp(claims->rows[i].experiment, experiment) == 0)
			return true;
	return false;
}

static void set_figure(struct claim_row *row, const struct interval *figure, const char *unit)
{
	if (!figure || !figure->n)
		return;
	row->figure = figure->mid;
	row->low = figure->low;
	row->high = figure->high;
	columns__set_text(row->unit, sizeof(row->unit), unit);
}

void claims__add(struct claims *claims, const char *claim, const char *experiment,
		 enum claim_verdict verdict, const struct interval *figure, const char *unit,
		 const char *reason, ...)
{
	struct claim_row *row = &claims->rows[claims->count];
	va_list list;

	if (claims->count == CLAIMS_MAX || is_judged(claims, claim, experiment))
		return;
	claims->count++;
	columns__clear(&rows__labs, row);
	columns__set_text(row->claim, sizeof(row->claim), claim);
	columns__set_text(row->experiment, sizeof(row->experiment), experiment);
	columns__set_text(row->verdict, sizeof(row->verdict), claims__word(verdict));
	set_figure(row, figure, unit);
	va_start(list, reason);
	vsnprintf(row->reason, sizeof(row->reason), reason, list);
	va_end(list);
}
