// SPDX-License-Identifier: GPL-2.0-or-later
// atomic: one atomic read-modify-write per operation, as std::shared_ptr counts.
//
// Memory order after Boost.Atomic's example of reference counting: an increment orders
// nothing; the last decrement must come after all that others did with the object.
#include "counting/plain.h"

static inline void incref(struct counted *counted)
{
	struct plain_counted *object = (struct plain_counted *)counted;

	atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
}

static inline void decref(struct counted *counted)
{
	struct plain_counted *object = (struct plain_counted *)counted;

	if (atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel) == 1)
		object->type->dealloc(&count_atomic, counted);
}

#include "counting/each.h"

const struct count_scheme count_atomic = {
	.name = "atomic",
	.summary = "one atomic operation on the count",
	.bytes = sizeof(struct plain_counted),
	.make = plain_make,
	.free = plain_free,
	.incref_each = incref_each,
	.decref_each = decref_each,
	.read = plain_read,
};
