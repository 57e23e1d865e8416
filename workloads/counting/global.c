// SPDX-License-Identifier: GPL-2.0-or-later
// global: one pthread mutex for the counts of all objects, taken around every operation.
//
// The naive global lock. CPython's is kept over many operations instead, and let go when
// another thread asks: that one is locks/gil.c, around plain counts (counter.h).
#include <pthread.h>

#include "counting/plain.h"

static pthread_mutex_t all_counts = PTHREAD_MUTEX_INITIALIZER;

static inline void incref(struct counted *counted)
{
	pthread_mutex_lock(&all_counts);
	plain_add((struct plain_counted *)counted, 1);
	pthread_mutex_unlock(&all_counts);
}

/* Outside of the lock: what dealloc drops is counted under it as well. */
static inline void decref(struct counted *counted)
{
	struct plain_counted *object = (struct plain_counted *)counted;
	bool last;

	pthread_mutex_lock(&all_counts);
	last = plain_add(object, -1) == 0;
	pthread_mutex_unlock(&all_counts);
	if (last)
		object->type->dealloc(&count_global, counted);
}

#include "counting/each.h"

const struct count_scheme count_global = {
	.name = "global",
	.summary = "one mutex for all objects, taken around every operation",
	.bytes = sizeof(struct plain_counted),
	.sleeps = true,
	.make = plain_make,
	.free = plain_free,
	.incref_each = incref_each,
	.decref_each = decref_each,
	.read = plain_read,
};
