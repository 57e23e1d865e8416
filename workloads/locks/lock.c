// SPDX-License-Identifier: GPL-2.0-or-later
// The list of locks, and the records every lock keeps for the tracer.
#include "locks/lock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "locks/nodes.h"

#define ADDRESS(kind, name) &lock_##kind,
const struct lock_kind *const lock_kinds[] = { LOCK_KINDS(ADDRESS) &lock_none, NULL };

const struct lock_kind *lock_kind_find(const char *name)
{
	for (size_t i = 0; lock_kinds[i]; i++)
		if (strcmp(lock_kinds[i]->name, name) == 0)
			return lock_kinds[i];
	return NULL;
}

struct lock *lock_new(const struct lock_kind *kind, uint64_t interval_ns)
{
	struct lock *lock;
	int err;

	/* aligned_alloc() wants whole multiples of the alignment. */
	lock = aligned_alloc(64, (kind->bytes + 63) / 64 * 64);
	if (!lock)
		return NULL;
	memset(lock, 0, kind->bytes);
	lock->kind = kind;
	lock->interval_ns = interval_ns;
	if (kind->stamps_always)
		lock->page.flags = ANNOUNCE_COUNTS_GAPS;
	err = kind->init(lock);
	if (err) {
		free(lock);
		errno = -err;
		return NULL;
	}
	return lock;
}

void lock_free(struct lock *lock)
{
	if (!lock)
		return;
	lock->kind->destroy(lock);
	lock_nodes_free(lock);
	free(lock);
}

const struct announce_lock *lock_page(const struct lock *lock)
{
	return lock->kind->shared ? &lock->page : NULL;
}

/*
 * A change of ownership is announced, and so is taking back a lock that somebody
 * waited for: for locks that stamp every release, where it is rare. Elsewhere
 * (barging on a mutex) it is as common as the fast path, and stays silent.
 */
void lock_taken(struct lock *lock, struct announce_seat *seat)
{
	bool stamps = lock->kind->stamps_always;

	seat->state = SEAT_HOLDING;
	lock->page.acquisitions++;
	if (lock->last_owner != seat) {
		if (lock->last_owner)
			lock->page.handoffs++;
		lock->last_owner = seat;
	} else if (!stamps) {
		return;
	} else if (!lock->page.wanted) {
		lock->page.gap_ns += clock_now_ns() - lock->page.released_ns;
		return;
	}
	announce(ANNOUNCE_ACQUIRED, &lock->page);
}

void lock_letting_go(struct lock *lock, struct announce_seat *seat, unsigned int wanted,
		     bool forced)
{
	lock->page.releases++;
	if (wanted || lock->kind->stamps_always) {
		lock->page.wanted = wanted;
		lock->page.forced = forced;
		lock->page.released_ns = clock_now_ns();
	}
	/* The stamp must be there before the seat says "outside". */
	atomic_signal_fence(memory_order_release);
	seat->state = SEAT_OUTSIDE;
}
