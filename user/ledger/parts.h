/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger/parts - what the accounts of threads and those of locks share. */
#ifndef SWITCHTAX_LEDGER_PARTS_H
#define SWITCHTAX_LEDGER_PARTS_H

#include "ledger/ledger.h"

/* The run is not valid; only the first reason is kept: the others usually follow from it. */
__attribute__((format(printf, 2, 3)))
void ledger__invalid(struct ledger *ledger, const char *format, ...);

/* What two sums may differ by, in ns (LEDGER_TOLERANCE). */
static inline uint64_t ledger__tolerance(uint64_t whole)
{
	uint64_t share = whole / LEDGER_TOLERANCE;

	return share > LEDGER_TOLERANCE_NS ? share : LEDGER_TOLERANCE_NS;
}

static inline bool ledger__about_equal(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) <= ledger__tolerance(b);
}

/* The part of [from, to] that lies in the window. */
static inline uint64_t ledger__overlap(const struct trace *trace, uint64_t from, uint64_t to)
{
	if (from < trace->start_ns)
		from = trace->start_ns;
	if (to > trace->end_ns)
		to = trace->end_ns;
	return to > from ? to - from : 0;
}

/* The locks, after the threads. Returns 0 or -ENOMEM. */
int ledger__settle_locks(const struct trace *trace, const struct ledger_bounds *bounds,
			 struct ledger *ledger);

#endif
