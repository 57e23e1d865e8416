// SPDX-License-Identifier: GPL-2.0-or-later
// The room need not be kept: it is the next power of two.
#include "base/list.h"

#include <stdlib.h>

#define FIRST_ROOM 16

void *list__grow(void *items, size_t count, size_t size)
{
	if (!count)
		return reallocarray(items, FIRST_ROOM, size);
	if (count < FIRST_ROOM || (count & (count - 1)))
		return items;
	return reallocarray(items, 2 * count, size);
}
