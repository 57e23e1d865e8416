// SPDX-License-Identifier: GPL-2.0-or-later
// Takes threads that have ended into the books, one by one.
#include "ledger/ended.h"
#include "ledger/parts.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>

/* As many again are gathered before they are told apart: sorting is paid for by each once. */
#define ROWS_GATHERED ((size_t)2 * LEDGER_ROWS)

static int by_word(const void *a, const void *b)
{
	const struct ledger_ended_word *left = a, *right = b;

	if (left->pid != right->pid)
		return left->pid > right->pid ? 1 : -1;
	return (left->address > right->address) - (left->address < right->address);
}

/* The word's sums; those of all others when there are too many; NULL: no memory. */
static struct ledger_ended_word *find_word(struct ledger_ended *ended, uint32_t pid,
					   uint64_t address)
{
	const struct ledger_ended_word wanted = { .pid = pid, .address = address };
	struct ledger_ended_word **found = tfind(&wanted, &ended->tree, by_word), *word;

	if (found)
		return *found;
	if (ended->nwords == LEDGER_ENDED_WORDS)
		return &ended->other_words;
	if (!ended->words)	/* all at once: the tree points to them */
		ended->words = calloc(LEDGER_ENDED_WORDS, sizeof(*ended->words));
	if (!ended->words)
		return NULL;
	word = &ended->words[ended->nwords];
	*word = wanted;
	if (!tsearch(word, &ended->tree, by_word))
		return NULL;
	ended->nwords++;
	return word;
}

static int add_word(struct ledger_ended *ended, const struct thread_record *thread,
		    const struct trace_futex *futex)
{
	struct ledger_ended_word *word = find_word(ended, thread->leader, futex->key.address);

	if (!word)
		return -ENOMEM;
	word->waits += futex->sleeps.count;
	word->wait_ns += futex->sleeps.ns;
	word->handoffs += futex->sleeps.handoffs;
	word->waiters++;
	if (futex->sleeps.waker)
		word->waker_tid = futex->sleeps.waker;
	return 0;
}

int ledger_ended__add(struct ledger_ended *ended, const struct trace_ended *thread)
{
	const struct trace window = { .start_ns = thread->start_ns, .end_ns = thread->end_ns };
	struct ledger *sums = &ended->sums;
	int err;

	sums->valid = !sums->reason[0];
	err = ledger_part__add_thread(&window, thread->thread, sums);
	for (size_t i = 0; i < thread->nfutexes && !err; i++)
		err = add_word(ended, thread->thread, &thread->futexes[i]);
	if (sums->nthreads >= ROWS_GATHERED)
		ledger_part__fold(sums, LEDGER_ROWS, &ended->others);
	return err;
}

static void keep_word(void *node)
{
	(void)node;
}

void ledger_ended__free(struct ledger_ended *ended)
{
	tdestroy(ended->tree, keep_word);
	free(ended->words);
	ledger__free(&ended->sums);
	*ended = (struct ledger_ended){ 0 };
}
