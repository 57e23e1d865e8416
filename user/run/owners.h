/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * owners - who has what the threads of a run sleep on, as their own memory says.
 *
 * Only what is certain: of mutexes of the C library that its own fields agree about, of futexes
 * whose owner the kernel itself wants in the word, and of threads that are waited for to end.
 */
#ifndef SWITCHTAX_OWNERS_H
#define SWITCHTAX_OWNERS_H

#include <stddef.h>
#include <stdint.h>

#include "ledger/futexes.h"
#include "tracer/tracer.h"

struct owner {
	uint32_t waiter_tid;
	uint64_t address;
	uint32_t tid;
	bool ends;		/* not a lock: it is waited for until that thread has ended */
};

/* Starts as zeros. */
struct owners {
	struct owner *list;
	size_t count;
};

/* Look at all who sleep on a futex now. Of a process that has ended nothing is known. */
void owners__look(struct owners *owners, struct tracer *tracer);

/* Put into the waits that were open when the window closed what is known of them. */
void owners__settle(const struct owners *owners, struct futexes *futexes);

void owners__free(struct owners *owners);

#endif
