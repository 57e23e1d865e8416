// SPDX-License-Identifier: GPL-2.0-or-later
// adaptive: glibc's PTHREAD_MUTEX_ADAPTIVE_NP (nptl/pthread_mutex_lock.c, max_adaptive_count).
//
// As mutex, but who finds it taken first tries for a while: up to 100 times by default, and by
// what the last waits needed. Where holds are shorter than a wake-up the sleep is saved; where
// the holder has no CPU, the spinning is for nothing, and short.
#include "locks/pthread.h"

static int adaptive_init(struct lock *lock)
{
	struct step_mutex *step = (struct step_mutex *)lock;
	pthread_mutexattr_t attributes;
	int err = pthread_mutexattr_init(&attributes);

	if (err)
		return -err;
	err = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
	if (!err)
		err = pthread_mutex_init(&step->mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return -err;
}

const struct lock_kind lock_adaptive = {
	.name = "adaptive",
	.summary = "a pthread mutex around every step that spins before it sleeps",
	.shared = true,
	.per_step = true,
	.bytes = sizeof(struct step_mutex),
	.init = adaptive_init,
	.destroy = step_mutex_destroy,
	.acquire = step_mutex_acquire,
	.release = step_mutex_release,
};
