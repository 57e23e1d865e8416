// SPDX-License-Identifier: GPL-2.0-or-later
// plain: CPython's count up to 3.12 (Include/object.h), right only under a lock from outside.
#include "counting/plain.h"

static inline void incref(struct counted *counted)
{
	plain_add((struct plain_counted *)counted, 1);
}

static inline void decref(struct counted *counted)
{
	struct plain_counted *object = (struct plain_counted *)counted;

	if (plain_add(object, -1) == 0)
		object->type->dealloc(&count_plain, counted);
}

#include "counting/each.h"

const struct count_scheme count_plain = {
	.name = "plain",
	.summary = "load, add, store: loses updates when threads share an object",
	.bytes = sizeof(struct plain_counted),
	.make = plain_make,
	.free = plain_free,
	.incref_each = incref_each,
	.decref_each = decref_each,
	.read = plain_read,
};
