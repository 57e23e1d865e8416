// SPDX-License-Identifier: GPL-2.0-or-later
// Plain counts, each operation a step under a lock; or a scheme, which needs none.
#include "counting/counter.h"

#include <errno.h>

#include "kit/arguments.h"
#include "counting/plain.h"

const char *counter_name(const struct counter *counter)
{
	return counter->kind ? counter->kind->name : counter->scheme->name;
}

void counter_take_scheme(struct counter *counter, struct argp_state *state, const char *name)
{
	counter->scheme = count_scheme_find(name);
	if (!counter->scheme)
		argp_error(state, "--scheme: '%s' is not one of " COUNT_NAMES, name);
}

void counter_take_lock(struct counter *counter, struct argp_state *state, const char *name)
{
	counter->kind = argument_lock(state, "lock", name);
}

int counter_open(struct counter *counter, uint64_t interval_ns)
{
	counter->lock = NULL;
	if (!counter->kind)
		return 0;
	counter->scheme = &count_plain;
	counter->lock = lock_new(counter->kind, interval_ns);
	return counter->lock ? 0 : -errno;
}

void counter_close(struct counter *counter)
{
	lock_free(counter->lock);
	counter->lock = NULL;
}

const struct announce_lock *counter_page(const struct counter *counter)
{
	return counter->lock ? lock_page(counter->lock) : NULL;
}

bool counter_sleeps(const struct counter *counter)
{
	return counter->kind ? counter->kind->shared : counter->scheme->sleeps;
}

void counter_begin(struct counter *counter, struct announce_seat *seat)
{
	if (counter->lock)
		lock_enter(counter->lock, seat);
}

void counter_end(struct counter *counter, struct announce_seat *seat)
{
	if (counter->lock)
		lock_leave(counter->lock, seat);
}

/* Inline, so that adding and subtracting are loops of their own. */
static inline void add_each(struct lock *lock, struct announce_seat *seat,
			    struct counted *const *objects, size_t count, int64_t references)
{
	for (size_t i = 0; i < count; i++) {
		struct plain_counted *object = (struct plain_counted *)objects[i];

		lock_step_begin(lock, seat);
		if (plain_add(object, references) == 0)
			object->type->dealloc(&count_plain, objects[i]);
		lock_step_end(lock, seat);
	}
}

void counter_incref_each(struct counter *counter, struct announce_seat *seat,
			 struct counted *const *objects, size_t count)
{
	if (counter->lock)
		add_each(counter->lock, seat, objects, count, 1);
	else
		counter->scheme->incref_each(objects, count);
}

void counter_decref_each(struct counter *counter, struct announce_seat *seat,
			 struct counted *const *objects, size_t count)
{
	if (counter->lock)
		add_each(counter->lock, seat, objects, count, -1);
	else
		counter->scheme->decref_each(objects, count);
}
