// SPDX-License-Identifier: GPL-2.0-or-later
// object-lock: a pthread mutex in each object, around its count.
//
// The mutex is 40 bytes on x86-64 (glibc), more than a float's own 24. It can be freed by the
// thread that drops the last reference while another is still on its way out of unlock: POSIX
// wants that to be safe (pthread_mutex_destroy, "Destroying Mutexes").
#include <pthread.h>

#include "counting/plain.h"

struct lock_counted {
	pthread_mutex_t mutex;
	struct plain_counted plain;
};

static inline void incref(struct counted *counted)
{
	struct lock_counted *object = (struct lock_counted *)counted;

	pthread_mutex_lock(&object->mutex);
	plain_add(&object->plain, 1);
	pthread_mutex_unlock(&object->mutex);
}

static inline void decref(struct counted *counted)
{
	struct lock_counted *object = (struct lock_counted *)counted;
	bool last;

	pthread_mutex_lock(&object->mutex);
	last = plain_add(&object->plain, -1) == 0;
	pthread_mutex_unlock(&object->mutex);
	if (last)
		object->plain.type->dealloc(&count_lock, counted);
}

static struct counted *lock_make(const struct count_type *type, double value)
{
	struct lock_counted *object = malloc(sizeof(*object));

	if (!object)
		return NULL;
	pthread_mutex_init(&object->mutex, NULL);
	atomic_init(&object->plain.refs, 1);
	object->plain.type = type;
	object->plain.value = value;
	return (struct counted *)object;
}

static void lock_free_object(struct counted *counted)
{
	pthread_mutex_destroy(&((struct lock_counted *)counted)->mutex);
	free(counted);
}

static int64_t lock_read(const struct counted *counted)
{
	const struct lock_counted *object = (const struct lock_counted *)counted;

	return atomic_load_explicit(&object->plain.refs, memory_order_relaxed);
}

#include "counting/each.h"

const struct count_scheme count_lock = {
	.name = "object-lock",
	.summary = "a mutex in each object",
	.bytes = sizeof(struct lock_counted),
	.sleeps = true,
	.make = lock_make,
	.free = lock_free_object,
	.incref_each = incref_each,
	.decref_each = decref_each,
	.read = lock_read,
};
