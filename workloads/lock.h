/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One interface for every lock a workload can run under.
 *
 * A lock file fills in struct lock_kind and nothing else. Two habits of holding
 * exist: a lock that is kept over many steps and asked for (CPython's), or one
 * taken around every step. lock_step_begin() and lock_step_end() hide which.
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

#include "announce.h"
#include "clock.h"

struct lock;

struct lock_kind {
	const char *name;
	const char *summary;	/* one line for `switchtax list` */
	bool shared;		/* false: not a lock at all, nothing to announce */
	bool per_step;		/* true: taken around every step */
	bool stamps_always;	/* true: every release is stamped, and gaps are counted */
	size_t bytes;		/* of the implementation's struct, which begins with a struct lock */

	/* 0 or -errno; lock points to bytes zeroed bytes, common fields filled in. */
	int (*init)(struct lock *lock);
	void (*destroy)(struct lock *lock);
	void (*acquire)(struct lock *lock, struct announce_seat *seat);
	void (*release)(struct lock *lock, struct announce_seat *seat);
};

struct lock {
	struct announce_lock page;
	const struct lock_kind *kind;
	const struct announce_seat *last_owner;	/* written by the owner */
	uint64_t interval_ns;			/* the switch interval */
	_Alignas(64) atomic_uint waiters;
	_Alignas(64) atomic_bool drop_request;	/* a waiter has asked for the lock */
};

extern const struct lock_kind lock_gil, lock_mutex, lock_none;

/* All kinds, ended by NULL. */
extern const struct lock_kind *const lock_kinds[];

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

/* The holder looks at the request after each step, as an eval loop does. */
static inline void lock_step_end(struct lock *lock, struct announce_seat *seat)
{
	if (lock->kind->per_step) {
		lock_release(lock, seat);
	} else if (__builtin_expect(atomic_load_explicit(&lock->drop_request,
							 memory_order_relaxed), 0)) {
		lock_release(lock, seat);
		lock_acquire(lock, seat);
	}
}

#endif
