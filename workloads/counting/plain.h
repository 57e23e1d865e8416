/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An object with a plain count, for the schemes that guard it from outside or not at all.
 *
 * CPython's `ob_refcnt++` is one x86 instruction on memory without a lock prefix, which the CPU
 * carries out as a load, an addition and a store; between them another CPU may store as well, and
 * one of the two updates is lost.  In C two threads doing that are a data race and the whole
 * program has no meaning.  Hence a relaxed atomic load and a relaxed atomic store: the same three
 * machine operations, none of them locked, with the same losses and a meaning.
 */
#ifndef SWITCHTAX_COUNT_PLAIN_H
#define SWITCHTAX_COUNT_PLAIN_H

#include <stdatomic.h>
#include <stdlib.h>

#include "counting/count.h"

struct plain_counted {
	_Atomic int64_t refs;
	const struct count_type *type;
	double value;
};

/* Returns the new count. */
static inline int64_t plain_add(struct plain_counted *object, int64_t references)
{
	int64_t refs = atomic_load_explicit(&object->refs, memory_order_relaxed) + references;

	atomic_store_explicit(&object->refs, refs, memory_order_relaxed);
	return refs;
}

static inline struct counted *plain_make(const struct count_type *type, double value)
{
	struct plain_counted *object = malloc(sizeof(*object));

	if (!object)
		return NULL;
	atomic_init(&object->refs, 1);
	object->type = type;
	object->value = value;
	return (struct counted *)object;
}

static inline void plain_free(struct counted *object)
{
	free(object);
}

static inline int64_t plain_read(const struct counted *object)
{
	return atomic_load_explicit(&((const struct plain_counted *)object)->refs,
				    memory_order_relaxed);
}

#endif
