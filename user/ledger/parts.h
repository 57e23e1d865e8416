/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger_parts - what the files of the ledger share, and nobody else needs. */
#ifndef SWITCHTAX_LEDGER_PARTS_H
#define SWITCHTAX_LEDGER_PARTS_H

#include <stdarg.h>
#include <stdio.h>

#include "ledger/ended.h"
#include "ledger/ledger.h"

/* Only the first reason is kept: the others usually follow from it. */
static inline void __attribute__((format(printf, 2, 3))) invalid(struct ledger *ledger,
								 const char *format, ...)
{
	va_list args;

	if (!ledger->valid)
		return;
	ledger->valid = false;
	va_start(args, format);
	vsnprintf(ledger->reason, sizeof(ledger->reason), format, args);
	va_end(args);
}

/* How much sums may be off, of such a whole. */
static inline uint64_t tolerance(uint64_t whole)
{
	uint64_t share = whole / LEDGER_TOLERANCE;

	return share > LEDGER_TOLERANCE_NS ? share : LEDGER_TOLERANCE_NS;
}

static inline bool about_equal(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) <= tolerance(b);
}

/* How much of [from, to] lies in the window. */
static inline uint64_t overlap(const struct trace *trace, uint64_t from, uint64_t to)
{
	if (from < trace->start_ns)
		from = trace->start_ns;
	if (to > trace->end_ns)
		to = trace->end_ns;
	return to > from ? to - from : 0;
}

/* Settle all threads of a trace, living and ended. Returns 0 or -ENOMEM. */
int ledger_part__threads(const struct trace *trace, struct ledger *ledger);

/* Settle all locks, after the threads. Returns 0 or -ENOMEM. */
int ledger_part__locks(const struct trace *trace, const struct ledger_bounds *bounds,
		       struct ledger *ledger);

/*
 * One more thread, if it lived in the window: its row, the sums, and its identities. Returns 0 or
 * -ENOMEM.
 */
int ledger_part__add_thread(const struct trace *trace, const struct thread_record *record,
			    struct ledger *ledger);

/*
 * No more rows than so many: those of the threads that used the lock, then of those with most time,
 * stay, in another order. The sums of the rest are added to others.
 */
void ledger_part__fold(struct ledger *ledger, size_t most, struct ledger_thread *others);

#endif
