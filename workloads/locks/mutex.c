// SPDX-License-Identifier: GPL-2.0-or-later
// mutex: a pthread mutex around every step, as glibc makes it (nptl/pthread_mutex_lock.c).
//
// A word that is 0 when free; who finds it taken sleeps on it (futex) at once. Whoever is running
// wins it back (barging), since a waiter must first be woken: one thread may take it thousands of
// times while the others sleep, and few releases hand it over.
#include "locks/pthread.h"

static int step_mutex_init(struct lock *lock)
{
	return -pthread_mutex_init(&((struct step_mutex *)lock)->mutex, NULL);
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
