/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger_ended - threads that have ended and left their places (tracer__collect()) while the run
 * goes on: rows for some of them, sums for the rest, so that a run may have any number of threads.
 *
 * What they have slept on is summed by the word; who slept is not kept.
 */
#ifndef SWITCHTAX_LEDGER_ENDED_H
#define SWITCHTAX_LEDGER_ENDED_H

#include "ledger/ledger.h"

/* More words than this are summed in one. */
#define LEDGER_ENDED_WORDS 16384

/* One futex word, by all threads that have ended. */
struct ledger_ended_word {
	uint32_t pid;			/* process, 0: of several words of several processes */
	uint32_t waker_tid;		/* the last of the run, or 0 */
	uint64_t address;
	uint64_t waits;
	uint64_t wait_ns;
	uint64_t handoffs;
	uint64_t waiters;		/* threads */
};

/* Starts as zeros. */
struct ledger_ended {
	struct ledger sums;		/* its threads are those with a row */
	struct ledger_thread others;	/* threads 0: there are none */
	struct ledger_ended_word *words;
	size_t nwords;
	struct ledger_ended_word other_words;	/* waits 0: there are none */
	void *tree;			/* the words, for finding (tsearch(3)) */
};

/* One more. Returns 0 or -ENOMEM. */
int ledger_ended__add(struct ledger_ended *ended, const struct trace_ended *thread);

void ledger_ended__free(struct ledger_ended *ended);

#endif
