// SPDX-License-Identifier: GPL-2.0-or-later
// The threads of a run: a row for each, as long as they are not too many, and their identities.
#include "ledger/parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"

static uint64_t thread_life(const struct trace *trace, const struct thread_record *record)
{
	uint64_t end = record->state == THREAD_DEAD ? record->died_ns : trace->end_ns;

	return overlap(trace, record->born_ns, end);
}

/* Of its life, it stood still for us while others ran: that is no time of its own. */
static uint64_t held_ns(const struct trace *trace, const struct thread_record *record)
{
	uint64_t ns = record->cut_ns;

	if (record->state == THREAD_HELD)
		ns += overlap(trace, record->since_ns, trace->end_ns);
	return ns;
}

static void settle_thread(const struct trace *trace, const struct thread_record *record,
			  struct ledger_thread *thread, struct ledger *ledger)
{
	thread->number = record->number;
	thread->slot = record->slot;
	thread->tid = record->tid;
	thread->threads = 1;
	thread->life_ns = thread_life(trace, record) - held_ns(trace, record);
	thread->acquisitions = record->acquisitions;
	thread->handoffs_in = record->handoffs_in;
	thread->seated = record->seat || record->seats_used;
	memcpy(thread->comm, record->comm, COMM_BYTES);
	memcpy(thread->ns, record->ns, sizeof(thread->ns));
	ledger->throttled_ns += record->throttled_ns;
	for (int kind = 0; kind < SWITCH_KINDS; kind++) {
		thread->switches[kind] = record->switches[kind];
		thread->kernel[kind] = record->kernel_end[kind] - record->kernel_base[kind];
		ledger->switches[kind] += record->switches[kind];
	}
	ledger->migrations += record->migrations;
	/* Still in some state when the window closed: the rest of it is cut here. */
	if (record->state < THREAD_STATES && record->since_ns < trace->end_ns) {
		thread->ns[record->state] += overlap(trace, record->since_ns, trace->end_ns);
		ledger->open++;
	}
}

/* T1: cpu + ready + lock_wait + blocked = life. */
static void check_t1(struct ledger *ledger, const struct ledger_thread *thread)
{
	uint64_t sum = 0;

	for (int state = 0; state < THREAD_STATES; state++)
		sum += thread->ns[state];
	if (!about_equal(sum, thread->life_ns))
		invalid(ledger, "T1: states of thread %" PRIu32 " sum to %" PRIu64
			" ns, it lived %" PRIu64 " ns", thread->tid, sum, thread->life_ns);
}

/* T2: our counts = the kernel's, kind by kind, exactly. */
static void check_t2(struct ledger *ledger, const struct ledger_thread *thread)
{
	for (int kind = 0; kind < SWITCH_KINDS; kind++)
		if (thread->switches[kind] != thread->kernel[kind])
			invalid(ledger, "T2: thread %" PRIu32 " has %" PRIu64 " %s switches, the "
				"kernel counts %" PRIu64, thread->tid, thread->switches[kind],
				kind == VOLUNTARY ? "voluntary" : "involuntary",
				thread->kernel[kind]);
}

int ledger_part__add_thread(const struct trace *trace, const struct thread_record *record,
			    struct ledger *ledger)
{
	struct ledger_thread thread = { .number = 0 };

	if (!record->tid || !thread_life(trace, record))
		return 0;
	settle_thread(trace, record, &thread, ledger);
	check_t1(ledger, &thread);
	check_t2(ledger, &thread);
	ledger->lived++;
	return list__append(ledger->threads, ledger->nthreads, thread);
}

/* ---- which have a row ---- */

static int by_number(const void *a, const void *b)
{
	const struct ledger_thread *left = a, *right = b;

	return (left->number > right->number) - (left->number < right->number);
}

static bool used_lock(const struct ledger_thread *thread)
{
	return thread->seated || thread->acquisitions || thread->ns[THREAD_LOCK_WAIT];
}

/* The first of the run, which is who it is about; then as the header says; of equals the older. */
static int by_weight(const void *a, const void *b)
{
	const struct ledger_thread *left = a, *right = b;
	uint64_t of_left = left->life_ns + left->ns[THREAD_CPU];
	uint64_t of_right = right->life_ns + right->ns[THREAD_CPU];

	if ((left->number == 1) != (right->number == 1))
		return left->number == 1 ? -1 : 1;
	if (used_lock(left) != used_lock(right))
		return used_lock(left) ? -1 : 1;
	if (of_left != of_right)
		return of_left > of_right ? -1 : 1;
	return by_number(left, right);
}

static void add_to_others(struct ledger_thread *others, const struct ledger_thread *thread)
{
	others->number = UINT64_MAX;
	others->threads += thread->threads;
	others->life_ns += thread->life_ns;
	others->acquisitions += thread->acquisitions;
	others->handoffs_in += thread->handoffs_in;
	others->seated |= thread->seated;
	for (int state = 0; state < THREAD_STATES; state++)
		others->ns[state] += thread->ns[state];
	for (int kind = 0; kind < SWITCH_KINDS; kind++) {
		others->switches[kind] += thread->switches[kind];
		others->kernel[kind] += thread->kernel[kind];
	}
	memcpy(others->comm, "others", sizeof("others"));
}

void ledger_part__fold(struct ledger *ledger, size_t most, struct ledger_thread *others)
{
	if (ledger->nthreads <= most)
		return;
	qsort(ledger->threads, ledger->nthreads, sizeof(*ledger->threads), by_weight);
	while (ledger->nthreads > most)
		add_to_others(others, &ledger->threads[--ledger->nthreads]);
}

/* ---- all of a run ---- */

/* What has left before comes with its sums, and with the first identity that it broke. */
static int take_ended(const struct ledger_ended *ended, struct ledger *ledger,
		      struct ledger_thread *others)
{
	const struct ledger *sums = &ended->sums;
	int err = 0;

	for (size_t i = 0; i < sums->nthreads && !err; i++)
		err = list__append(ledger->threads, ledger->nthreads, sums->threads[i]);
	ledger->lived = sums->lived;
	ledger->migrations = sums->migrations;
	memcpy(ledger->switches, sums->switches, sizeof(ledger->switches));
	if (sums->reason[0])
		invalid(ledger, "%s", sums->reason);
	*others = ended->others;
	return err;
}

static bool in_order(const struct ledger *ledger)
{
	for (size_t i = 1; i < ledger->nthreads; i++)
		if (ledger->threads[i - 1].number > ledger->threads[i].number)
			return false;
	return true;
}

int ledger_part__threads(const struct trace *trace, struct ledger *ledger)
{
	struct ledger_thread others = { .threads = 0 };
	int err = trace->ended ? take_ended(trace->ended, ledger, &others) : 0;

	for (size_t i = 0; i < trace->nthreads && !err; i++)
		err = ledger_part__add_thread(trace, &trace->threads[i], ledger);
	if (err)
		return err;
	if (!trace->every_thread)
		ledger_part__fold(ledger, LEDGER_ROWS, &others);
	if (!in_order(ledger))
		qsort(ledger->threads, ledger->nthreads, sizeof(*ledger->threads), by_number);
	return others.threads ? list__append(ledger->threads, ledger->nthreads, others) : 0;
}
