// SPDX-License-Identifier: GPL-2.0-or-later
// The threads of a run, and their identities.
#include "ledger/parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static uint64_t thread_life(const struct trace *trace, const struct thread_record *record)
{
	uint64_t end = record->state == THREAD_DEAD ? record->died_ns : trace->end_ns;

	return overlap(trace, record->born_ns, end);
}

static void settle_thread(const struct trace *trace, const struct thread_record *record,
			  struct ledger_thread *thread, struct ledger *ledger)
{
	thread->slot = record->slot;
	thread->tid = record->tid;
	thread->life_ns = thread_life(trace, record);
	thread->acquisitions = record->acquisitions;
	thread->handoffs_in = record->handoffs_in;
	memcpy(thread->comm, record->comm, COMM_BYTES);
	memcpy(thread->ns, record->ns, sizeof(thread->ns));
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

int ledger_part__threads(const struct trace *trace, struct ledger *ledger)
{
	ledger->threads = calloc(trace->nthreads ? trace->nthreads : 1, sizeof(*ledger->threads));
	if (!ledger->threads)
		return -ENOMEM;
	for (size_t i = 0; i < trace->nthreads; i++) {
		const struct thread_record *record = &trace->threads[i];
		struct ledger_thread *thread = &ledger->threads[ledger->nthreads];

		if (!record->tid || !thread_life(trace, record))
			continue;
		settle_thread(trace, record, thread, ledger);
		check_t1(ledger, thread);
		check_t2(ledger, thread);
		ledger->nthreads++;
	}
	return 0;
}
