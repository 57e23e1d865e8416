/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events - what a timeline holds: what every thread did and when, and the lock.
 *
 * All times are nanoseconds of CLOCK_MONOTONIC. Threads are numbered from 1, as in
 * threads.csv; 0 is no thread, or one that is not in the table.
 */
#ifndef SWITCHTAX_TIMELINE_EVENTS_H
#define SWITCHTAX_TIMELINE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/abi.h"

#define TIMELINE_RUN_ID_SIZE 128
#define TIMELINE_WHY_SIZE 512

/* A stretch off the CPU: in a state from off to ready, then runnable, and back at on. */
struct timeline_stretch {
	struct off_stretch off;
	uint64_t released_ns;	/* STRETCH_FREE */
	uint32_t slot;
	uint32_t cpu_left;
	uint32_t cpu;		/* that it came to */
	uint16_t lost;		/* stretches before it that are missing (65535: or more) */
	uint8_t state;		/* enum thread_state, of the time from off to ready */
	uint8_t hold;		/* enum stretch_hold */
};

struct timeline_thread {
	uint32_t slot;
	uint32_t tid;
	uint32_t cpu;		/* the last */
	uint32_t lost;		/* stretches missing at its end */
	uint64_t born_ns;
	uint64_t died_ns;	/* UINT64_MAX: lived on */
	uint64_t since_ns;	/* off the CPU when the window closed, since; UINT64_MAX: on one */
	uint8_t state;		/* ... in this state */
	bool throttled;		/* ... and its CPU quota was used up */
	char comm[COMM_BYTES + 1];
	const struct timeline_stretch *stretches;	/* in order of time */
	size_t nstretches;
};

enum timeline_lock_kind { TIMELINE_TAKE, TIMELINE_RELEASE, TIMELINE_HELD };

/* The lock changes hands, or is let go of for longer than a moment (include/abi.h). */
struct timeline_lock_event {
	enum timeline_lock_kind kind;
	bool forced;
	bool handoff;		/* taken by another thread than the last holder */
	uint32_t from;		/* thread; of TIMELINE_TAKE, 0: nobody has had it before */
	uint32_t to;
	uint64_t released_ns;	/* free since; 0: since before the window */
	uint64_t wanted_ns;	/* somebody waits since; UINT64_MAX: nobody */
	uint64_t taken_ns;
};

struct timeline {
	char run_id[TIMELINE_RUN_ID_SIZE];
	uint64_t base_ns;
	uint64_t start_ns;		/* of the window */
	uint64_t end_ns;
	uint64_t switches[SWITCH_KINDS];
	uint64_t lost;			/* events of the timeline that found no room */
	uint64_t events_lost;		/* of all that was to be recorded */
	uint64_t handoffs;		/* as in runs.csv */
	bool has_lock;
	bool called;			/* the lock is known by calls, not announced */
	bool valid;
	uint64_t lock_ns[LOCK_STATES];	/* the ledger's sums */
	struct timeline_thread *threads;
	size_t nthreads;
	struct timeline_stretch *stretches;	/* of all threads, one after the other */
	size_t nstretches;
	struct timeline_lock_event *locks;	/* in order */
	size_t nlocks;
};

#endif
