// SPDX-License-Identifier: GPL-2.0-or-later
// Sums, names and sorts futex waits.
#include "ledger/futexes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/place.h"

static uint32_t tid_of(const struct trace *trace, uint32_t slot)
{
	return slot && slot <= trace->nthreads ? trace->threads[slot - 1].tid : 0;
}

/* The process of a thread, as our PID namespace has it: the tid of its leader. */
static uint32_t process_of(const struct trace *trace, uint32_t slot)
{
	uint32_t tgid;

	if (!slot || slot > trace->nthreads)
		return 0;
	tgid = trace->threads[slot - 1].tgid;
	for (size_t i = 0; i < trace->nthreads; i++)
		if (trace->threads[i].pid == tgid)
			return trace->threads[i].tid;
	return tgid;
}

static void add(struct futexes *futexes, const struct trace *trace, const struct futex_pair *pair,
		uint64_t waits, uint64_t ns)
{
	struct futex_wait *wait = &futexes->items[futexes->count++];

	*wait = (struct futex_wait){
		.pid = process_of(trace, pair->waiter),
		.address = pair->address,
		.waiter_tid = tid_of(trace, pair->waiter),
		.waker_tid = tid_of(trace, pair->waker),
		.waits = waits,
		.wait_ns = ns,
	};
}

/* A thread that slept on when the window closed. */
static void add_open(struct futexes *futexes, const struct trace *trace, uint32_t slot)
{
	const struct thread_record *thread = &trace->threads[slot - 1];
	struct futex_pair pair = { .address = thread->futex, .waiter = slot };
	uint64_t from = thread->since_ns > trace->start_ns ? thread->since_ns : trace->start_ns;

	if (thread->futex && from < trace->end_ns &&
	    (thread->state == THREAD_BLOCKED || thread->state == THREAD_LOCK_WAIT))
		add(futexes, trace, &pair, 1, trace->end_ns - from);
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
	qsort(futexes->items, futexes->count, sizeof(*futexes->items), by_address);
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

/* Entries of one address are neighbours: each address is looked up once. */
static void name_all(struct futexes *futexes, const struct modules *modules)
{
	for (size_t i = 0; i < futexes->count; i++) {
		struct futex_wait *wait = &futexes->items[i];

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
	int err;

	*futexes = (struct futexes){
		.items = calloc(trace->nfutexes + trace->nthreads + 1, sizeof(*futexes->items)),
	};
	if (!futexes->items)
		return -ENOMEM;
	for (size_t i = 0; i < trace->nfutexes; i++)
		add(futexes, trace, &trace->futexes[i].pair, trace->futexes[i].sleeps.count,
		    trace->futexes[i].sleeps.ns);
	for (size_t i = 0; i < trace->nthreads; i++)
		add_open(futexes, trace, (uint32_t)i + 1);
	err = rank(futexes);
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

/* Was this waiter among the entries of the address before? */
static int is_new_waiter(const struct futexes *futexes, size_t first, size_t at)
{
	for (size_t i = first; i < at; i++)
		if (futexes->items[i].waiter_tid == futexes->items[at].waiter_tid)
			return 0;
	return 1;
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
		total->handoffs += wait->waker_tid ? wait->waits : 0;
		total->waiters += (size_t)is_new_waiter(futexes, first, i);
	}
	*position = i;
	return 0;
}
