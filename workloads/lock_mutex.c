// SPDX-License-Identifier: GPL-2.0-or-later
// mutex: a pthread mutex around every step, as glibc makes it (nptl/pthread_mutex_lock.c).
//
// Taken and released at each step; whoever is running wins it back (barging), since
// a waiter must first be woken. Millions of acquisitions a second: only contended
// releases are stamped, and only another thread's acquisition is announced.
#include <pthread.h>

#include "lock.h"

struct step_mutex {
	struct lock lock;
	pthread_mutex_t mutex;
};

static int step_mutex_init(struct lock *lock)
{
	return -pthread_mutex_init(&((struct step_mutex *)lock)->mutex, NULL);
}

static void step_mutex_destroy(struct lock *lock)
{
	pthread_mutex_destroy(&((struct step_mutex *)lock)->mutex);
}

static void step_mutex_acquire(struct lock *lock, struct announce_seat *seat)
{
	struct step_mutex *step = (struct step_mutex *)lock;

	if (pthread_mutex_trylock(&step->mutex) != 0) {
		seat->state = SEAT_WAITING;
		atomic_fetch_add(&lock->waiters, 1);
		pthread_mutex_lock(&step->mutex);
		atomic_fetch_sub(&lock->waiters, 1);
	}
	lock_taken(lock, seat);
}

static void step_mutex_release(struct lock *lock, struct announce_seat *seat)
{
	struct step_mutex *step = (struct step_mutex *)lock;

	lock_letting_go(lock, seat, atomic_load_explicit(&lock->waiters, memory_order_relaxed),
			false);
	pthread_mutex_unlock(&step->mutex);
}

const struct lock_kind lock_mutex = {
	.name = "mutex",
	.summary = "a pthread mutex around every step",
	.shared = true,
	.per_step = true,
	.bytes = sizeof(struct step_mutex),
	.init = step_mutex_init,
	.destroy = step_mutex_destroy,
	.acquire = step_mutex_acquire,
	.release = step_mutex_release,
};
