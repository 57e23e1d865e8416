/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One interface for every lock a workload can run under.
 *
 * A lock file fills in struct lock_kind and nothing else. Three habits of holding
 * exist: a lock that is kept over many steps until it is asked for (CPython's), one
 * that is kept for a fixed number of steps (CPython's before 3.2), or one taken
 * around every step. lock_step_begin() and lock_step_end() hide which. None may be
 * taken twice by one thread.
 *
 * Each lock file calls lock_taken() right after it has acquired and
 * lock_letting_go() right before it releases: these keep the records that the
 * tracer reads (announce.h) and announce changes of ownership.
 */
#ifndef SWITCHTAX_LOCK_H
#define SWITCHTAX_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "include/announce.h"
#include "include/clock.h"

struct lock;

struct lock_kind {
	const char *name;
	const char *summary;	/* one line for `switchtax list` */
	bool shared;		/* false: not a lock at all, nothing to announce */
	bool per_step;		/* true: taken around every step */
	bool spins_in_order;	/* all but stands still with more threads than CPUs */
	uint32_t ticks;		/* kept for so many steps; 0: until somebody asks for it */
	bool stamps_always;	/* true: every release is stamped, and gaps are counted */
	size_t bytes;		/* of its own struct, which begins with a struct lock */

	/* 0 or -errno; lock points to bytes zeroed bytes, common fields filled in. */
	int (*init)(struct lock *lock);
	void (*destroy)(struct lock *lock);
	void (*acquire)(struct lock *lock, struct announce_seat *seat);
	void (*release)(struct lock *lock, struct announce_seat *seat);
};

struct lock_node;

struct lock {
	struct announce_lock page;
	const struct lock_kind *kind;
	const struct announce_seat *last_owner;	/* written by the owner */
	uint64_t interval_ns;			/* the switch interval */
	uint32_t ticked;			/* steps since it was let go; the owner's */
	_Atomic(struct lock_node *) nodes;	/* nodes.h */
	_Alignas(64) atomic_uint waiters;
	_Alignas(64) atomic_bool drop_request;	/* a waiter has asked for the lock */
};

/* The kinds, each in a file of its own, with their names; and none at all. */
#define LOCK_KINDS(KIND)                                                                         \
	KIND(gil, "gil") KIND(gil_ticks, "gil-ticks") KIND(mutex, "mutex")                       \
	KIND(adaptive, "adaptive") KIND(pi, "pi") KIND(semaphore, "semaphore")                   \
	KIND(futex, "futex") KIND(spin, "spin") KIND(ticket, "ticket") KIND(mcs, "mcs")          \
	KIND(clh, "clh")

#define LOCK_DECLARE(kind, name) extern const struct lock_kind lock_##kind;
LOCK_KINDS(LOCK_DECLARE)
LOCK_DECLARE(none, "none")

/* All of them, ended by NULL, and their names in that order, for help and messages. */
extern const struct lock_kind *const lock_kinds[];
#define LOCK_NAME(kind, name) name ", "
#define LOCK_NAMES LOCK_KINDS(LOCK_NAME) "none"

/* The kind of that name, or NULL. */
const struct lock_kind *lock_kind_find(const char *name);

/*
 * A new lock of that kind; interval_ns is the switch interval, used by kinds that
 * force switching. Returns NULL with errno set. lock_free() accepts NULL.
 */
struct lock *lock_new(const struct lock_kind *kind, uint64_t interval_ns);
void lock_free(struct lock *lock);

/* The page to announce, NULL if this kind is no shared lock. */
const struct announce_lock *lock_page(const struct lock *lock);

/* For lock files: the calling thread owns the lock since just now. */
void lock_taken(struct lock *lock, struct announce_seat *seat);

/*
 * For lock files: the calling thread is about to let go. wanted is the number of
 * waiters known at this moment, forced whether one of them asked for the lock.
 */
void lock_letting_go(struct lock *lock, struct announce_seat *seat, unsigned int wanted,
		     bool forced);

/* For lock files: around whatever a thread does that has not got the lock at once. */
static inline void lock_wait_begins(struct lock *lock, struct announce_seat *seat)
{
	seat->state = SEAT_WAITING;
	atomic_fetch_add(&lock->waiters, 1);
}

static inline void lock_wait_ends(struct lock *lock)
{
	atomic_fetch_sub(&lock->waiters, 1);
}

/* For lock files: how many wait, as the one who lets go sees it. */
static inline unsigned int lock_wanted(struct lock *lock)
{
	return atomic_load_explicit(&lock->waiters, memory_order_relaxed);
}

static inline void lock_acquire(struct lock *lock, struct announce_seat *seat)
{
	lock->kind->acquire(lock, seat);
}

static inline void lock_release(struct lock *lock, struct announce_seat *seat)
{
	lock->kind->release(lock, seat);
}

/* Around a stretch of steps: takes a lock that is kept over steps. */
static inline void lock_enter(struct lock *lock, struct announce_seat *seat)
{
	if (!lock->kind->per_step)
		lock_acquire(lock, seat);
}

static inline void lock_leave(struct lock *lock, struct announce_seat *seat)
{
	if (!lock->kind->per_step)
		lock_release(lock, seat);
}

/* Around one step, inside lock_enter() and lock_leave(). */
static inline void lock_step_begin(struct lock *lock, struct announce_seat *seat)
{
	if (lock->kind->per_step)
		lock_acquire(lock, seat);
}

/* Must a lock that is kept over steps be let go of between two of them? */
static inline bool lock_is_due(struct lock *lock)
{
	if (!lock->kind->ticks)
		return __builtin_expect(atomic_load_explicit(&lock->drop_request,
							     memory_order_relaxed), 0);
	if (++lock->ticked < lock->kind->ticks)
		return false;
	lock->ticked = 0;
	return true;
}

/* The holder looks after each step, as an eval loop does. */
static inline void lock_step_end(struct lock *lock, struct announce_seat *seat)
{
	if (lock->kind->per_step) {
		lock_release(lock, seat);
	} else if (lock_is_due(lock)) {
		lock_release(lock, seat);
		lock_acquire(lock, seat);
	}
}

#endif
