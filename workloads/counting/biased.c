// SPDX-License-Identifier: GPL-2.0-or-later
// biased: the thread that made an object counts without atomics, all others with.
//
// Choi, Shull and Torrellas, "Biased Reference Counting", PACT 2018, with the details of
// free-threaded CPython (Objects/object.c, Python/brc.c; PEP 703): the count is local + shared.
// local is the owner's, shared everybody's else and may fall below zero. Where it would, a
// non-owner instead leaves the reference that it wanted to drop in the owner's queue, and the
// owner merges the two counts when it comes by. Merged, the object has no owner any more and is
// counted by atomics only; then, and only then, a shared count of zero is its end.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "counting/count.h"

enum {
	QUEUED = 1,	/* is, or was, in the owner's queue: never put there again */
	MERGED = 2,	/* local is part of shared */
	FLAGS = 3,
	ONE = 4,	/* reference in shared */
};

/* Not the id of a thread that has not entered, 0, so that one comparison tells the owner. */
#define NOBODY UINT32_MAX

/*
 * The owner is a number that is never used twice. Choi et al. put all of it in one word; as in
 * CPython it takes a word more than a plain count.
 */
struct biased_counted {
	_Atomic uint32_t owner;		/* NOBODY when merged */
	_Atomic uint32_t local;		/* written by the owner */
	_Atomic int64_t shared;		/* in units of ONE, and flags */
	const struct count_type *type;
	double value;
};

_Static_assert(sizeof(struct biased_counted) == 32, "a word more than a plain count");

struct queued {
	struct queued *next;
	struct biased_counted *object;
};

/* A thread that may own objects; lives in the thread itself. */
struct owner {
	struct owner *next;
	uint32_t id;
	_Atomic(struct queued *) queue;	/* changed under the mutex; the owner peeks without */
};

static _Thread_local struct owner self __attribute__((tls_model("initial-exec")));
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct owner *owners;		/* that have entered and not left; under the mutex */
static uint32_t last_id;		/* likewise */

static void end_of(struct biased_counted *object)
{
	object->type->dealloc(&count_biased, (struct counted *)object);
}

/*
 * Makes one count of both and adds `references` to it. For the owner, or anybody once the owner
 * has left. local and owner are written first: with the exchange, others may free the object.
 */
static void merge(struct biased_counted *object, int64_t references)
{
	int64_t shared = atomic_load_explicit(&object->shared, memory_order_relaxed);
	int64_t merged;

	references += atomic_load_explicit(&object->local, memory_order_relaxed);
	atomic_store_explicit(&object->local, 0, memory_order_relaxed);
	atomic_store_explicit(&object->owner, NOBODY, memory_order_relaxed);
	do {
		merged = (shared & ~(int64_t)FLAGS) + references * ONE + MERGED;
	} while (!atomic_compare_exchange_weak_explicit(&object->shared, &shared, merged,
							memory_order_acq_rel,
							memory_order_relaxed));
	if (merged == MERGED)
		end_of(object);
}

static struct owner *find_owner(uint32_t id)
{
	struct owner *owner = owners;

	while (owner && owner->id != id)
		owner = owner->next;
	return owner;
}

/*
 * The caller's reference is the queue's from here on. Without memory for the note the object is
 * never freed, which is wrong in the harmless direction.
 */
static bool put_in_queue(struct biased_counted *object, uint32_t id)
{
	struct queued *note = malloc(sizeof(*note));
	struct owner *owner;

	pthread_mutex_lock(&mutex);
	owner = find_owner(id);
	if (owner && note) {
		note->object = object;
		note->next = atomic_load_explicit(&owner->queue, memory_order_relaxed);
		atomic_store_explicit(&owner->queue, note, memory_order_relaxed);
	}
	pthread_mutex_unlock(&mutex);
	if (!owner)
		free(note);
	return owner;
}

/*
 * The first time that shared would fall below zero the reference goes to the queue instead; later,
 * while it waits there, shared may be negative.
 */
static void decref_shared(struct biased_counted *object)
{
	int64_t shared = atomic_load_explicit(&object->shared, memory_order_relaxed);
	int64_t less;
	uint32_t owner;

	do {
		less = shared == 0 ? QUEUED : shared - ONE;
	} while (!atomic_compare_exchange_weak_explicit(&object->shared, &shared, less,
							memory_order_acq_rel,
							memory_order_relaxed));
	if (less == MERGED)
		end_of(object);
	if (shared != 0)
		return;
	owner = atomic_load_explicit(&object->owner, memory_order_relaxed);
	if (owner == NOBODY)
		decref_shared(object);		/* the owner has merged it in the meantime */
	else if (!put_in_queue(object, owner))
		merge(object, -1);		/* the owner has left */
}

/* The owner's own count is used up: what others have counted is all there is. */
static void local_is_zero(struct biased_counted *object)
{
	if (atomic_load_explicit(&object->shared, memory_order_acquire) == 0)
		end_of(object);
	else
		merge(object, 0);
}

static inline bool is_mine(const struct biased_counted *object)
{
	return atomic_load_explicit(&object->owner, memory_order_relaxed) == self.id;
}

static inline void incref(struct counted *counted)
{
	struct biased_counted *object = (struct biased_counted *)counted;
	uint32_t local = atomic_load_explicit(&object->local, memory_order_relaxed);

	if (is_mine(object))
		atomic_store_explicit(&object->local, local + 1, memory_order_relaxed);
	else
		atomic_fetch_add_explicit(&object->shared, ONE, memory_order_relaxed);
}

static inline void decref(struct counted *counted)
{
	struct biased_counted *object = (struct biased_counted *)counted;
	uint32_t local = atomic_load_explicit(&object->local, memory_order_relaxed);

	if (!is_mine(object)) {
		decref_shared(object);
		return;
	}
	atomic_store_explicit(&object->local, local - 1, memory_order_relaxed);
	if (local == 1)
		local_is_zero(object);
}

/* Made by a thread that has not entered, it is nobody's from the beginning. */
static struct counted *biased_make(const struct count_type *type, double value)
{
	struct biased_counted *object = malloc(sizeof(*object));

	if (!object)
		return NULL;
	atomic_init(&object->owner, self.id ? self.id : NOBODY);
	atomic_init(&object->local, self.id ? 1 : 0);
	atomic_init(&object->shared, self.id ? 0 : ONE + MERGED);
	object->type = type;
	object->value = value;
	return (struct counted *)object;
}

static void biased_free(struct counted *object)
{
	free(object);
}

/* A reference that waits in a queue is still one. */
static int64_t biased_read(const struct counted *counted)
{
	const struct biased_counted *object = (const struct biased_counted *)counted;
	int64_t shared = atomic_load_explicit(&object->shared, memory_order_relaxed);

	return (shared & ~(int64_t)FLAGS) / ONE +
	       atomic_load_explicit(&object->local, memory_order_relaxed);
}

static void biased_enter(void)
{
	pthread_mutex_lock(&mutex);
	self.id = ++last_id;
	self.next = owners;
	owners = &self;
	pthread_mutex_unlock(&mutex);
}

/* Not under the mutex: what is freed may drop other objects. */
static void merge_all(struct queued *note)
{
	while (note) {
		struct queued *next = note->next;

		merge(note->object, -1);
		free(note);
		note = next;
	}
}

static void biased_settle(void)
{
	struct queued *queue;

	if (!atomic_load_explicit(&self.queue, memory_order_relaxed))
		return;
	pthread_mutex_lock(&mutex);
	queue = atomic_load_explicit(&self.queue, memory_order_relaxed);
	atomic_store_explicit(&self.queue, NULL, memory_order_relaxed);
	pthread_mutex_unlock(&mutex);
	merge_all(queue);
}

/*
 * The hand-over of a thread that ends: its queue is emptied, and from then on others find no owner
 * and merge its objects themselves.
 */
static void biased_leave(void)
{
	bool empty = false;

	while (!empty) {
		biased_settle();
		pthread_mutex_lock(&mutex);
		empty = !atomic_load_explicit(&self.queue, memory_order_relaxed);
		if (empty) {
			struct owner **link = &owners;

			while (*link != &self)
				link = &(*link)->next;
			*link = self.next;
		}
		pthread_mutex_unlock(&mutex);
	}
	self.id = 0;
}

#include "counting/each.h"

const struct count_scheme count_biased = {
	.name = "biased",
	.summary = "the maker counts without atomics, others with (free-threaded CPython)",
	.bytes = sizeof(struct biased_counted),
	.make = biased_make,
	.free = biased_free,
	.incref_each = incref_each,
	.decref_each = decref_each,
	.read = biased_read,
	.enter = biased_enter,
	.settle = biased_settle,
	.leave = biased_leave,
};
