// SPDX-License-Identifier: GPL-2.0-or-later
// Each waiter waits for one thread, so a chain is followed until it ends or comes back.
#include "ledger/deadlocks.h"

/* The chain of waits from this one until it comes back to it; 0: it does not. */
static size_t cycle_of(const struct futexes *futexes, const struct futex_wait *first,
		       const struct futex_wait *waits[DEADLOCK_MOST])
{
	const struct futex_wait *wait = first;
	size_t count = 0;

	while (wait && wait->owner_tid && count < DEADLOCK_MOST) {
		waits[count++] = wait;
		wait = futexes__open_of(futexes, wait->owner_tid);
		if (wait == first)
			return count;
	}
	return 0;
}

/* A cycle is met at each of its waits, and told at the first. */
static bool is_first_of(const struct futex_wait *wait, const struct futex_wait *const *waits,
			size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (waits[i] < wait)
			return false;
	return count > 0;
}

size_t deadlocks__next(const struct futexes *futexes, size_t *position,
		       const struct futex_wait *waits[DEADLOCK_MOST])
{
	while (*position < futexes->count) {
		const struct futex_wait *wait = &futexes->items[(*position)++];
		size_t count = wait->open ? cycle_of(futexes, wait, waits) : 0;

		if (is_first_of(wait, waits, count))
			return count;
	}
	return 0;
}

bool deadlocks__has(const struct futexes *futexes, const struct futex_wait *wait)
{
	const struct futex_wait *waits[DEADLOCK_MOST];

	return wait->open && cycle_of(futexes, wait, waits) > 0;
}
