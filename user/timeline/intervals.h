/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_intervals - a timeline as intervals: of each thread they tile its life, of the lock
 * the window; each hand-off is one from its release to its taking.
 */
#ifndef SWITCHTAX_TIMELINE_INTERVALS_H
#define SWITCHTAX_TIMELINE_INTERVALS_H

#include <stddef.h>
#include <stdint.h>

#include "timeline/events.h"

enum timeline_kind { TIMELINE_OF_THREAD, TIMELINE_OF_LOCK, TIMELINE_OF_HANDOFF, TIMELINE_KINDS };

/* On no CPU, or nobody knows on which. */
#define TIMELINE_NO_CPU UINT32_MAX

struct timeline_interval {
	uint64_t start_ns;	/* since the window opened; all are cut to the window */
	uint64_t end_ns;
	uint32_t thread;	/* of the lock: its holder or next owner; 0: none */
	uint32_t from;		/* thread; of a hand-off */
	uint32_t cpu;
	uint8_t kind;		/* enum timeline_kind */
	uint8_t state;		/* enum thread_state; enum lock_state; 1: forced */
};

/* By kind, then thread, then time: first[kind] of each, and first[TIMELINE_KINDS] in all. */
struct timeline_intervals {
	struct timeline_interval *items;
	size_t count;
	size_t first[TIMELINE_KINDS + 1];
	size_t *of_thread;	/* nthreads + 1: where the thread with this index begins */
	uint64_t missing;	/* gaps between a thread's intervals, for lost events */
};

/* Append one interval. Returns 0 or -ENOMEM. */
int timeline_intervals__add(struct timeline_intervals *intervals,
			    const struct timeline_interval *interval);

/* The first of the thread's intervals that ends after this, counted from the window. */
size_t timeline_intervals__after(const struct timeline_intervals *intervals, uint32_t thread,
				 uint64_t ns);

void timeline_intervals__free(struct timeline_intervals *intervals);

/* As files and reports name them: thread, lock, handoff; cpu, held_running, forced and so on. */
const char *timeline_intervals__kind(enum timeline_kind kind);
const char *timeline_intervals__state(const struct timeline_interval *interval);

#endif
