/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the locks that only spin share: they come from Concurrency Kit (S. Al Bahra,
 * https://concurrencykit.org, ck_spinlock.h), whose atomic operations are inline assembly.
 *
 * ThreadSanitizer cannot see into assembly and would take everything under such a lock for a
 * race; so it is told that this is a mutex, and where its own words are written. It then checks
 * what is done under the lock, not the lock: that two threads are never in at once is for tests
 * that count.
 */
#ifndef SWITCHTAX_LOCK_SPINNING_H
#define SWITCHTAX_LOCK_SPINNING_H

#include <ck_spinlock.h>

#include "locks/lock.h"

/* It reads the address it is given, which therefore must be one that is never written. */
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define TELL_TSAN(what, lock, ...) __tsan_mutex_##what(&(lock)->kind, __VA_ARGS__)
#else
#define TELL_TSAN(what, lock, ...) ((void)(lock))
#endif

/* Before the first look at the lock, and right after the acquisition. */
static inline void spinning_begins(struct lock *lock)
{
	TELL_TSAN(pre_lock, lock, 0);
}

static inline void spinning_taken(struct lock *lock, struct announce_seat *seat)
{
	TELL_TSAN(post_lock, lock, 0, 0);
	lock_taken(lock, seat);
}

/* Right before the release (wanted as in lock_letting_go()), and right after it. */
static inline void spinning_letting_go(struct lock *lock, struct announce_seat *seat,
				       unsigned int wanted)
{
	lock_letting_go(lock, seat, wanted, false);
	TELL_TSAN(pre_unlock, lock, 0);
}

static inline void spinning_let_go(struct lock *lock)
{
	TELL_TSAN(post_unlock, lock, 0);
}

#endif
