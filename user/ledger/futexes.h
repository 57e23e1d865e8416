/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * futexes - which user-space locks a run's threads have slept on, by address.
 *
 * One entry per address and waiter: the hand-offs of every lock that sleeps, in any program.
 * Threads that ended long before the run's end are one entry per address; what there was no room
 * for is one entry in all, "others", without an address. Names are those of the symbols that cover
 * the addresses.
 */
#ifndef SWITCHTAX_FUTEXES_H
#define SWITCHTAX_FUTEXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/modules.h"
#include "tracer/trace.h"

#define FUTEX_NAME_SIZE 192

struct futex_wait {
	uint32_t pid;			/* process; the same address in another is another lock */
	uint64_t address;
	char name[FUTEX_NAME_SIZE];	/* "" if nothing is known of the address */
	uint32_t waiter_tid;		/* 0: of several */
	uint32_t waker_tid;		/* the last of the run that has ended a wait; 0: none has */
	uint64_t waits;
	uint64_t wait_ns;		/* asleep, inside the window */
	uint64_t handoffs;		/* waits that a thread of the run has ended */
	uint64_t waiters;		/* threads; 0: not known */
	bool open;			/* still asleep when the window closed, and then ... */
	uint32_t owner_tid;		/* ... this thread had it, for certain; 0: not known */
};

struct futexes {
	struct futex_wait *items;	/* the longest waited for address first */
	size_t count;
};

/* What one address of one process sums to. */
struct futex_total {
	uint32_t pid;
	uint64_t address;
	const char *name;		/* borrowed from the futexes */
	uint64_t waits;
	uint64_t wait_ns;
	uint64_t handoffs;		/* waits that a thread of the run has ended */
	uint64_t waiters;		/* threads */
};

/*
 * From a trace; modules (of one process) NULL: no names. Waits that were still going on
 * when the window closed are cut there and have no waker. Returns 0 or -ENOMEM; free with
 * futexes__free().
 */
int futexes__settle(const struct trace *trace, const struct modules *modules,
		    struct futexes *futexes);
void futexes__free(struct futexes *futexes);

/*
 * Put entries that have been read back in order, and make one of several of a thread at an address.
 * Returns 0 or -ENOMEM.
 */
int futexes__order(struct futexes *futexes);

/* What a thread slept on when the window closed; NULL: nothing. */
struct futex_wait *futexes__open_of(const struct futexes *futexes, uint32_t waiter_tid);

/* The next address after *position (0: the first), which moves on. Returns 0 or -ENOENT. */
int futexes__next(const struct futexes *futexes, size_t *position, struct futex_total *total);

#endif
