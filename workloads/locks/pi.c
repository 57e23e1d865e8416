// SPDX-License-Identifier: GPL-2.0-or-later
// pi: PTHREAD_PRIO_INHERIT, by Linux's PI futexes (Documentation/locking/pi-futex.rst).
//
// The word holds the owner's thread id; the kernel keeps the waiters by priority and lends the
// first one's to the owner. An unlock with waiters makes the first of them the owner before it has
// run: no barging, so each contended step is a hand-off and pays for a sleep and a wake-up.
#include "locks/pthread.h"

static int pi_init(struct lock *lock)
{
	struct step_mutex *step = (struct step_mutex *)lock;
	pthread_mutexattr_t attributes;
	int err = pthread_mutexattr_init(&attributes);

	if (err)
		return -err;
	err = pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	if (!err)
		err = pthread_mutex_init(&step->mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return -err;
}

const struct lock_kind lock_pi = {
	.name = "pi",
	.summary = "a pthread mutex around every step with priority inheritance",
	.shared = true,
	.per_step = true,
	.bytes = sizeof(struct step_mutex),
	.init = pi_init,
	.destroy = step_mutex_destroy,
	.acquire = step_mutex_acquire,
	.release = step_mutex_release,
};
