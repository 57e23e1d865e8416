// SPDX-License-Identifier: GPL-2.0-or-later
// Sums, names and sorts futex waits.
#include "ledger/futexes.h"
#include "ledger/ended.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/place.h"

static const struct thread_record *thread_at(const struct trace *trace, uint32_t slot)
{
	static const struct thread_record nobody;

	return slot && slot <= trace->nthreads ? &trace->threads[slot - 1] : &nobody;
}

static void add(struct futexes *futexes, const struct futex_wait *wait)
{
	futexes->items[futexes->count++] = *wait;
}

static void add_thread(struct futexes *futexes, const struct trace *trace,
		       const struct trace_futex *futex)
{
	const struct thread_record *waiter = thread_at(trace, futex->key.waiter);

	add(futexes, &(struct futex_wait){
		.pid = waiter->leader,
		.address = futex->key.address,
		.waiter_tid = waiter->tid,
		.waker_tid = futex->sleeps.waker,
		.waits = futex->sleeps.count,
		.wait_ns = futex->sleeps.ns,
		.handoffs = futex->sleeps.handoffs,
		.waiters = 1,
	});
}

/* A thread that slept on when the window closed. */
static void add_open(struct futexes *futexes, const struct trace *trace,
		     const struct thread_record *thread)
{
	uint64_t from = thread->since_ns > trace->start_ns ? thread->since_ns : trace->start_ns;

	if (thread->futex && from < trace->end_ns &&
	    (thread->state == THREAD_BLOCKED || thread->state == THREAD_LOCK_WAIT))
		add(futexes, &(struct futex_wait){
			.pid = thread->leader,
			.address = thread->futex,
			.waiter_tid = thread->tid,
			.waits = 1,
			.wait_ns = trace->end_ns - from,
			.waiters = 1,
			.open = true,
		});
}

/* By threads that have ended before: a word, and its sums. */
static void add_word(struct futexes *futexes, const struct ledger_ended_word *word)
{
	add(futexes, &(struct futex_wait){
		.pid = word->pid,
		.address = word->address,
		.waker_tid = word->waker_tid,
		.waits = word->waits,
		.wait_ns = word->wait_ns,
		.handoffs = word->handoffs,
		.waiters = word->waiters,
	});
}

/* What found no room in the kernel, or in the books of those that have ended. */
static void add_others(struct futexes *futexes, const struct trace *trace)
{
	const struct futex_sleeps *others = &trace->futex_others;
	struct ledger_ended_word sum = { .waits = 0 };

	if (trace->ended)
		sum = trace->ended->other_words;
	sum.waits += others->count;
	sum.wait_ns += others->ns;
	sum.handoffs += others->handoffs;
	if (!sum.waits)
		return;
	add_word(futexes, &sum);
	snprintf(futexes->items[futexes->count - 1].name, FUTEX_NAME_SIZE, "others");
}

static int by_address(const void *a, const void *b)
{
	const struct futex_wait *left = a, *right = b;
	int order = (left->pid > right->pid) - (left->pid < right->pid);

	return order ? order : (left->address > right->address) - (left->address < right->address);
}

/* The sum of an address is kept in its entries while they are sorted by it. */
struct ranked {
	uint64_t total_ns;
	struct futex_wait wait;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;
	int order = (left->total_ns < right->total_ns) - (left->total_ns > right->total_ns);

	if (!order)
		order = by_address(&left->wait, &right->wait);
	if (!order)
		order = (left->wait.wait_ns < right->wait.wait_ns) -
			(left->wait.wait_ns > right->wait.wait_ns);
	return order;
}

static int rank(struct futexes *futexes)
{
	struct ranked *ranked = calloc(futexes->count ? futexes->count : 1, sizeof(*ranked));
	size_t first = 0;

	if (!ranked)
		return -ENOMEM;
	while (first < futexes->count) {
		uint64_t sum = 0;
		size_t end = first;

		for (; end < futexes->count &&
		       !by_address(&futexes->items[end], &futexes->items[first]); end++)
			sum += futexes->items[end].wait_ns;
		for (; first < end; first++)
			ranked[first] = (struct ranked){ sum, futexes->items[first] };
	}
	qsort(ranked, futexes->count, sizeof(*ranked), by_rank);
	for (size_t i = 0; i < futexes->count; i++)
		futexes->items[i] = ranked[i].wait;
	free(ranked);
	return 0;
}

static int by_waiter(const void *a, const void *b)
{
	const struct futex_wait *left = a, *right = b;
	int order = by_address(left, right);

	if (order)
		return order;
	return (left->waiter_tid > right->waiter_tid) - (left->waiter_tid < right->waiter_tid);
}

/* One thread may have several entries for an address: one that is open, or one for each waker. */
static void merge(struct futexes *futexes)
{
	size_t kept = 0;

	qsort(futexes->items, futexes->count, sizeof(*futexes->items), by_waiter);
	for (size_t i = 0; i < futexes->count; i++) {
		struct futex_wait *wait = &futexes->items[i], *last = &futexes->items[kept];

		if (!kept || !wait->waiter_tid || by_waiter(last - 1, wait)) {
			*last = *wait;
			kept++;
			continue;
		}
		last[-1].waits += wait->waits;
		last[-1].wait_ns += wait->wait_ns;
		last[-1].handoffs += wait->handoffs;
		if (wait->waker_tid)
			last[-1].waker_tid = wait->waker_tid;
	}
	futexes->count = kept;
}

int futexes__order(struct futexes *futexes)
{
	if (!futexes->count)
		return 0;
	merge(futexes);
	return rank(futexes);
}

/* Entries of one address are neighbours: each address is looked up once. */
static void name_all(struct futexes *futexes, const struct modules *modules)
{
	for (size_t i = 0; i < futexes->count; i++) {
		struct futex_wait *wait = &futexes->items[i];

		if (!wait->address)
			continue;
		if (i && !by_address(&wait[-1], wait))
			memcpy(wait->name, wait[-1].name, sizeof(wait->name));
		else if (wait->pid != (uint32_t)modules->pid ||
			 place__name(modules, wait->address, wait->name, sizeof(wait->name)))
			wait->name[0] = '\0';
	}
}

int futexes__settle(const struct trace *trace, const struct modules *modules,
		    struct futexes *futexes)
{
	size_t nwords = trace->ended ? trace->ended->nwords : 0;
	int err;

	*futexes = (struct futexes){
		.items = calloc(trace->nfutexes + trace->nthreads + nwords + 1,
				sizeof(*futexes->items)),
	};
	if (!futexes->items)
		return -ENOMEM;
	for (size_t i = 0; i < trace->nfutexes; i++)
		add_thread(futexes, trace, &trace->futexes[i]);
	for (size_t i = 0; i < trace->nthreads; i++)
		add_open(futexes, trace, &trace->threads[i]);
	for (size_t i = 0; i < nwords; i++)
		add_word(futexes, &trace->ended->words[i]);
	add_others(futexes, trace);
	err = futexes__order(futexes);
	if (err)
		futexes__free(futexes);
	else if (modules)
		name_all(futexes, modules);
	return err;
}

void futexes__free(struct futexes *futexes)
{
	free(futexes->items);
	*futexes = (struct futexes){ 0 };
}

struct futex_wait *futexes__open_of(const struct futexes *futexes, uint32_t waiter_tid)
{
	for (size_t i = 0; i < futexes->count; i++)
		if (futexes->items[i].open && futexes->items[i].waiter_tid == waiter_tid)
			return &futexes->items[i];
	return NULL;
}

int futexes__next(const struct futexes *futexes, size_t *position, struct futex_total *total)
{
	size_t first = *position, i;

	if (first >= futexes->count)
		return -ENOENT;
	*total = (struct futex_total){ .pid = futexes->items[first].pid,
				       .address = futexes->items[first].address,
				       .name = futexes->items[first].name };
	for (i = first; i < futexes->count &&
			!by_address(&futexes->items[i], &futexes->items[first]); i++) {
		const struct futex_wait *wait = &futexes->items[i];

		total->waits += wait->waits;
		total->wait_ns += wait->wait_ns;
		total->handoffs += wait->handoffs;
		total->waiters += wait->waiters;
	}
	*position = i;
	return 0;
}
