// SPDX-License-Identifier: GPL-2.0-or-later
// semaphore: a POSIX semaphore that starts at 1, around every step (glibc nptl/sem_waitcommon.c).
//
// One 64-bit word counts what is left and who waits; wait takes one or sleeps on it, post gives one
// back and wakes a waiter if there is any. Nobody owns it: any thread may post, and whoever is
// running may take what was posted for a sleeper, as with mutex.
#include <errno.h>
#include <semaphore.h>

#include "locks/lock.h"

struct step_semaphore {
	struct lock lock;
	sem_t semaphore;
};

static int semaphore_init(struct lock *lock)
{
	return sem_init(&((struct step_semaphore *)lock)->semaphore, 0, 1) ? -errno : 0;
}

static void semaphore_destroy(struct lock *lock)
{
	sem_destroy(&((struct step_semaphore *)lock)->semaphore);
}

static void semaphore_acquire(struct lock *lock, struct announce_seat *seat)
{
	sem_t *semaphore = &((struct step_semaphore *)lock)->semaphore;

	if (sem_trywait(semaphore) != 0) {
		lock_wait_begins(lock, seat);
		/* Fails only where a signal handler has run. */
		while (sem_wait(semaphore) != 0)
			continue;
		lock_wait_ends(lock);
	}
	lock_taken(lock, seat);
}

static void semaphore_release(struct lock *lock, struct announce_seat *seat)
{
	lock_letting_go(lock, seat, lock_wanted(lock), false);
	sem_post(&((struct step_semaphore *)lock)->semaphore);
}

const struct lock_kind lock_semaphore = {
	.name = "semaphore",
	.summary = "a POSIX semaphore around every step",
	.shared = true,
	.per_step = true,
	.bytes = sizeof(struct step_semaphore),
	.init = semaphore_init,
	.destroy = semaphore_destroy,
	.acquire = semaphore_acquire,
	.release = semaphore_release,
};
