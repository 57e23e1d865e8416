// SPDX-License-Identifier: GPL-2.0-or-later
// gil: CPython's global lock since 3.2 (Python/ceval_gil.h, A. Pitrou 2009).
//
// A flag guarded by a mutex and a condition variable. A waiter that has waited one
// switch interval without seeing any switch asks for the lock; the holder notices
// between two steps, lets go, and waits until another thread has it (forced
// switching), so that it cannot win the lock back before the waiter has woken.
#include <errno.h>
#include <pthread.h>

#include "locks/lock.h"

struct gil {
	struct lock lock;
	pthread_mutex_t mutex;		/* guards locked and switch_number */
	pthread_cond_t released;
	bool locked;
	uint64_t switch_number;
	pthread_mutex_t switch_mutex;	/* guards last_taker */
	pthread_cond_t switched;
	const struct announce_seat *last_taker;
};

static int gil_init(struct lock *lock)
{
	struct gil *gil = (struct gil *)lock;

	pthread_mutex_init(&gil->mutex, NULL);
	pthread_mutex_init(&gil->switch_mutex, NULL);
	pthread_cond_init(&gil->released, NULL);
	pthread_cond_init(&gil->switched, NULL);
	return 0;
}

static void gil_destroy(struct lock *lock)
{
	struct gil *gil = (struct gil *)lock;

	pthread_cond_destroy(&gil->switched);
	pthread_cond_destroy(&gil->released);
	pthread_mutex_destroy(&gil->switch_mutex);
	pthread_mutex_destroy(&gil->mutex);
}

/* Called and returns with the mutex held; the lock is free on return. */
static void gil_wait_until_free(struct gil *gil)
{
	atomic_fetch_add(&gil->lock.waiters, 1);
	while (gil->locked) {
		uint64_t number = gil->switch_number;
		struct timespec until = clock_timespec(clock_now_ns() + gil->lock.interval_ns);
		int err = pthread_cond_clockwait(&gil->released, &gil->mutex, CLOCK_MONOTONIC,
						 &until);

		/* Somebody else's turn in the meantime means: wait for another interval. */
		if (err == ETIMEDOUT && gil->locked && gil->switch_number == number)
			atomic_store_explicit(&gil->lock.drop_request, true,
					      memory_order_relaxed);
	}
	atomic_fetch_sub(&gil->lock.waiters, 1);
}

static void gil_acquire(struct lock *lock, struct announce_seat *seat)
{
	struct gil *gil = (struct gil *)lock;

	seat->state = SEAT_WAITING;
	pthread_mutex_lock(&gil->mutex);
	if (gil->locked)
		gil_wait_until_free(gil);
	gil->locked = true;
	pthread_mutex_lock(&gil->switch_mutex);
	if (gil->last_taker != seat) {
		gil->last_taker = seat;
		gil->switch_number++;
	}
	pthread_cond_signal(&gil->switched);
	pthread_mutex_unlock(&gil->switch_mutex);
	atomic_store_explicit(&lock->drop_request, false, memory_order_relaxed);
	pthread_mutex_unlock(&gil->mutex);
	lock_taken(lock, seat);
}

/* Forced switching: the request was answered, now see it through. */
static void gil_wait_until_taken(struct gil *gil, struct announce_seat *seat)
{
	pthread_mutex_lock(&gil->switch_mutex);
	if (gil->last_taker == seat) {
		atomic_store_explicit(&gil->lock.drop_request, false, memory_order_relaxed);
		/* As in CPython, a spurious wake-up is harmless: it only ends the courtesy. */
		pthread_cond_wait(&gil->switched, &gil->switch_mutex);
	}
	pthread_mutex_unlock(&gil->switch_mutex);
}

static void gil_release(struct lock *lock, struct announce_seat *seat)
{
	struct gil *gil = (struct gil *)lock;
	bool asked = atomic_load_explicit(&lock->drop_request, memory_order_relaxed);
	unsigned int wanted = atomic_load_explicit(&lock->waiters, memory_order_relaxed);

	lock_letting_go(lock, seat, wanted, asked);
	seat->state = SEAT_WAITING;	/* whatever it sleeps on from here is the lock's */
	pthread_mutex_lock(&gil->mutex);
	lock->page.wanted = atomic_load_explicit(&lock->waiters, memory_order_relaxed);
	gil->locked = false;
	pthread_cond_signal(&gil->released);
	pthread_mutex_unlock(&gil->mutex);
	if (atomic_load_explicit(&lock->drop_request, memory_order_relaxed))
		gil_wait_until_taken(gil, seat);
	seat->state = SEAT_OUTSIDE;
}

const struct lock_kind lock_gil = {
	.name = "gil",
	.summary = "CPython's since 3.2: asked for after the switch interval, forced switching",
	.shared = true,
	.stamps_always = true,
	.bytes = sizeof(struct gil),
	.init = gil_init,
	.destroy = gil_destroy,
	.acquire = gil_acquire,
	.release = gil_release,
};
