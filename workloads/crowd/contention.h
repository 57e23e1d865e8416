/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads that want one lock all the time, each to add 1 to the same plain counter.
 *
 * The shortest critical section there is, hence the hardest case for a lock: what the counter
 * lacks in the end is what the lock has let through at once. A lock that starves threads or
 * collapses is stopped after a time limit, between steps: who waits then still gets its turn,
 * which under a first-come-first-served spin lock takes each of many threads a round of all.
 */
#ifndef SWITCHTAX_CONTENTION_H
#define SWITCHTAX_CONTENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "locks/lock.h"

struct contention_config {
	uint32_t workers;
	uint64_t steps;			/* of each */
	uint64_t time_limit_ns;
};

struct contention_result {
	uint64_t steps;			/* of all threads */
	uint64_t counter;
	uint64_t busy_ns;		/* first thread's first step to last one's last */
	bool timed_out;
	/*
	 * Steps of the thread with fewest and most, over the mean: when the first thread was
	 * through with its own, or at the time limit. Until then all of them wanted the lock.
	 */
	double share_min, share_max;
};

/* 0 or -errno: threads that cannot be started. */
int contention_run(const struct contention_config *config, struct lock *lock,
		   struct contention_result *result);

#endif
