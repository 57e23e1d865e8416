/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pthread mutexes of all kinds share: all but how they are made. */
#ifndef SWITCHTAX_LOCK_PTHREAD_H
#define SWITCHTAX_LOCK_PTHREAD_H

#include <pthread.h>

#include "locks/lock.h"

struct step_mutex {
	struct lock lock;
	pthread_mutex_t mutex;
};

/* For a kind's functions of these names. */
void step_mutex_destroy(struct lock *lock);
void step_mutex_acquire(struct lock *lock, struct announce_seat *seat);
void step_mutex_release(struct lock *lock, struct announce_seat *seat);

#endif
