/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * price_runs - the two prices that a verdict needs, measured once before its runs: one operation
 * of the lock, and one switch from thread to thread. Short, so the spread is that of a few
 * rounds; `calibrate` takes its time.
 */
#ifndef SWITCHTAX_PRICE_RUNS_H
#define SWITCHTAX_PRICE_RUNS_H

#include <stddef.h>
#include <stdint.h>

#include "prices/prices.h"
#include "program/target_user.h"
#include "verdict/verdict.h"

/* What runs. Strings are borrowed. */
struct price_runs {
	const char *lock_path;		/* of the workload lockcost */
	const char *switch_path;	/* of switchcost; "": that price stays unknown */
	const char *lock;		/* the name of the lock */
	int one_cpu;			/* where switches are timed */
	const char *cpus;
	struct target_user user;
	uint64_t timeout_ms;
};

/*
 * Measure, and add a row for each, named as in the price list of calibrate. Returns 0, or as
 * run__once() with error saying which program, and why.
 */
int price_runs__measure(const struct price_runs *plan, struct prices *prices, char *error,
			size_t size);

/* Those a verdict needs, of such a list: of that lock. NAN where there is none. */
struct verdict_prices price_runs__of(const struct prices *prices, const char *lock);

#endif
