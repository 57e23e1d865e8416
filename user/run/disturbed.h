/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disturbed - was a run held up by somebody else? By recorded cause, never by its size: a run
 * that is merely slow may be the effect that is looked for.
 */
#ifndef SWITCHTAX_DISTURBED_H
#define SWITCHTAX_DISTURBED_H

#include <stddef.h>
#include <stdint.h>

/*
 * Shares of all CPUs' time during the run from which on it is marked.
 *
 * Others: as quiet.h, which asks the same of a whole experiment; an idle machine's own programs
 * use some 0.3 %. They may well have run on a CPU that the run left idle, so less than that says
 * little. Stolen time cannot have: the hypervisor took it from a CPU that had something to run.
 * On two CPUs 2 % of their time is up to 4 % of a one-thread run, more than the slowdowns that
 * are to be told apart.
 *
 * What /proc/stat counts comes in ticks of 10 ms: less than two of them is rounding.
 */
#define DISTURBED_OTHERS 0.1
#define DISTURBED_STEAL 0.02
#define DISTURBED_LEAST_NS 20000000

/*
 * By what, and how much, as for the column `disturbed` of runs.csv; "" if it was not. span_ns is
 * what the two amounts were counted over; either may be COLUMN_MISSING_U64.
 */
void disturbed__describe(uint64_t steal_ns, uint64_t other_ns, uint64_t span_ns,
			 unsigned int cpus, char *text, size_t size);

#endif
