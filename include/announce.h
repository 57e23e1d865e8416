/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a measured program tells the tracer, and how.
 *
 * A lock that is taken millions of times a second must not carry a probe, so a
 * workload keeps two small records in its own memory and the tracer reads them
 * when something rare happens:
 *
 *   - the lock's page: counts, and the time of the last release that somebody
 *     waited for;
 *   - one seat per thread: is the thread outside, waiting, or holding? Read by
 *     the tracer whenever the kernel takes the CPU away from the thread.
 *
 * One empty function, announce(), is the probe site: a single instruction, which the kernel
 * emulates instead of single-stepping it. It is reached once per run, once per thread,
 * and once per change of ownership: never on the lock's fast path. One site and not
 * four, because the kernel takes 0.1 s to remove each.
 *
 * This header is included by BPF programs too: fixed-width fields only.
 */
#ifndef SWITCHTAX_ANNOUNCE_H
#define SWITCHTAX_ANNOUNCE_H

#include <linux/types.h>

enum announce_seat_state {
	SEAT_OUTSIDE,	/* does not hold the lock and does not want it */
	SEAT_WAITING,	/* wants the lock, or waits until another thread has taken it */
	SEAT_HOLDING,
};

/* The lock measures every gap between a release and the same thread's next take. */
#define ANNOUNCE_COUNTS_GAPS 1u

/* One thread's seat. Written by its thread only; a plain store each time. */
struct announce_seat {
	__u32 state;	/* enum announce_seat_state */
	__u32 padding;
	__u64 node;	/* a queue lock's node of this thread, 0 at first; not for the tracer */
} __attribute__((aligned(64)));

/*
 * One lock. Written by the thread that owns it (or owned it until this store),
 * hence without atomics. Times are CLOCK_MONOTONIC, which is the clock that
 * bpf_ktime_get_ns() reads.
 */
struct announce_lock {
	__u64 released_ns;	/* when the last stamped release began */
	__u64 gap_ns;		/* total of the gaps (ANNOUNCE_COUNTS_GAPS) */
	__u64 acquisitions;
	__u64 releases;
	__u64 handoffs;		/* acquisitions by another thread than the last owner */
	__u32 wanted;		/* threads that waited at the stamped release */
	__u32 forced;		/* 1: that release was asked for by a waiter */
	__u32 flags;		/* ANNOUNCE_* */
	__u32 padding;
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct announce_seat) == 64, "a seat fills a cache line");
_Static_assert(sizeof(struct announce_lock) == 64, "a page fills a cache line");

enum announcement {
	/* The window opens. about: the program's one global struct announce_lock, or NULL. */
	ANNOUNCE_WINDOW_OPEN,
	/* The window closes. about: the same. */
	ANNOUNCE_WINDOW_CLOSE,
	/* The calling thread will use a seat until it ends. about: struct announce_seat. */
	ANNOUNCE_SEAT,
	/*
	 * The calling thread has just acquired the lock and was not its last owner (or
	 * was, but somebody waited when it let go). about: struct announce_lock.
	 */
	ANNOUNCE_ACQUIRED,
	/* Nothing happens: a moment to compare others with (bpf/births.bpf.c). about: unused. */
	ANNOUNCE_MARK,
};

/* Where a tracer looks for the site. */
#define ANNOUNCE_SYMBOL "switchtax_announce"

void announce(enum announcement what, const void *about) __asm__(ANNOUNCE_SYMBOL);

#endif
