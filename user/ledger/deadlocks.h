/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deadlocks - threads of which each waits for what the next one has, and the last for the first; or
 * one, for itself.
 */
#ifndef SWITCHTAX_DEADLOCKS_H
#define SWITCHTAX_DEADLOCKS_H

#include "ledger/futexes.h"

#define DEADLOCK_MOST 64	/* threads in one; longer ones are not looked for */

/*
 * The next deadlock after *position (0: the first), which moves on: its waits, each for what the
 * next one's waiter has. Returns how many they are, at most DEADLOCK_MOST; 0: there is no more.
 */
size_t deadlocks__next(const struct futexes *futexes, size_t *position,
		       const struct futex_wait *waits[DEADLOCK_MOST]);

/* Is the waiter of this wait in one? */
bool deadlocks__has(const struct futexes *futexes, const struct futex_wait *wait);

#endif
