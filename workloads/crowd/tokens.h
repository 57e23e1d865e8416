/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two tasks pass a token round through pipes, and one of them to itself: what a switch costs, by
 * lmbench's method (see switchcost.c).
 */
#ifndef SWITCHTAX_TOKENS_H
#define SWITCHTAX_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/evidence.h"
#include "kit/vector.h"

#define TOKENS_MAX_BATCHES 1001

struct tokens_plan {
	bool process;		/* the two are processes, else threads */
	enum vector vector;	/* registers that each leaves dirty */
	uint64_t bytes;		/* working set that each sums before it passes the token on */
	uint64_t rounds;	/* round trips in a batch */
	uint64_t batches;
	int cpus[2];		/* of the two tasks */
};

struct tokens_times {
	/* What one batch took, per pass of the token. */
	double raw_ns[TOKENS_MAX_BATCHES];
	double overhead_ns[TOKENS_MAX_BATCHES];
	double switch_ns[TOKENS_MAX_BATCHES];
	uint64_t counted;	/* switches of both, by the kernel's own count */
};

/* The window is open meanwhile. Returns 0 or -errno. */
int tokens_race(const struct tokens_plan *plan, struct tokens_times *times,
		struct window *window);

#endif
