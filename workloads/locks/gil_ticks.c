// SPDX-License-Identifier: GPL-2.0-or-later
// gil-ticks: CPython's global lock before 3.2 (2.7: Python/ceval.c, Python/thread_pthread.h).
//
// A flag guarded by a mutex and a condition variable. After every 100 steps, by whichever threads,
// the holder lets go, wakes a waiter and takes the lock again at once, wanted or not. Nobody sees
// to it that the waiter gets it: on another CPU it usually wakes too late, and has woken in vain.
//
// As with mutex, taking it back is not announced: the lock counts as held meanwhile.
#include <pthread.h>

#include "locks/lock.h"

struct gil_ticks {
	struct lock lock;
	pthread_mutex_t mutex;		/* guards locked */
	pthread_cond_t released;
	bool locked;
};

static int gil_ticks_init(struct lock *lock)
{
	struct gil_ticks *gil = (struct gil_ticks *)lock;

	pthread_mutex_init(&gil->mutex, NULL);
	pthread_cond_init(&gil->released, NULL);
	return 0;
}

static void gil_ticks_destroy(struct lock *lock)
{
	struct gil_ticks *gil = (struct gil_ticks *)lock;

	pthread_cond_destroy(&gil->released);
	pthread_mutex_destroy(&gil->mutex);
}

static void gil_ticks_acquire(struct lock *lock, struct announce_seat *seat)
{
	struct gil_ticks *gil = (struct gil_ticks *)lock;

	seat->state = SEAT_WAITING;
	pthread_mutex_lock(&gil->mutex);
	if (gil->locked) {
		lock_wait_begins(lock, seat);
		while (gil->locked)
			pthread_cond_wait(&gil->released, &gil->mutex);
		lock_wait_ends(lock);
	}
	gil->locked = true;
	pthread_mutex_unlock(&gil->mutex);
	lock_taken(lock, seat);
}

static void gil_ticks_release(struct lock *lock, struct announce_seat *seat)
{
	struct gil_ticks *gil = (struct gil_ticks *)lock;

	lock_letting_go(lock, seat, lock_wanted(lock), false);
	seat->state = SEAT_WAITING;	/* whatever it sleeps on from here is the lock's */
	pthread_mutex_lock(&gil->mutex);
	gil->locked = false;
	pthread_mutex_unlock(&gil->mutex);
	pthread_cond_signal(&gil->released);
	seat->state = SEAT_OUTSIDE;
}

const struct lock_kind lock_gil_ticks = {
	.name = "gil-ticks",
	.summary = "CPython's before 3.2: let go after every 100 steps, no forced switching",
	.shared = true,
	.ticks = 100,
	.bytes = sizeof(struct gil_ticks),
	.init = gil_ticks_init,
	.destroy = gil_ticks_destroy,
	.acquire = gil_ticks_acquire,
	.release = gil_ticks_release,
};
