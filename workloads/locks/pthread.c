// SPDX-License-Identifier: GPL-2.0-or-later
// A pthread mutex around every step, whatever its kind.
//
// Millions of acquisitions a second: only contended releases are stamped, and only another
// thread's acquisition is announced. A failed trylock costs nothing beside the lock proper,
// and tells who is going to wait.
#include "locks/pthread.h"

void step_mutex_destroy(struct lock *lock)
{
	pthread_mutex_destroy(&((struct step_mutex *)lock)->mutex);
}

void step_mutex_acquire(struct lock *lock, struct announce_seat *seat)
{
	struct step_mutex *step = (struct step_mutex *)lock;

	if (pthread_mutex_trylock(&step->mutex) != 0) {
		lock_wait_begins(lock, seat);
		pthread_mutex_lock(&step->mutex);
		lock_wait_ends(lock);
	}
	lock_taken(lock, seat);
}

void step_mutex_release(struct lock *lock, struct announce_seat *seat)
{
	struct step_mutex *step = (struct step_mutex *)lock;

	lock_letting_go(lock, seat, lock_wanted(lock), false);
	pthread_mutex_unlock(&step->mutex);
}
