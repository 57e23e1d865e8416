// SPDX-License-Identifier: GPL-2.0-or-later
// Adds up, and says when it does not add up.
#include "ledger/parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const lock_states[LOCK_STATES] = {
	[HELD_RUNNING] = "held_running",
	[HELD_PREEMPTED_SELF] = "held_preempted_self",
	[HELD_PREEMPTED_OTHER] = "held_preempted_other",
	[HELD_BLOCKED] = "held_blocked",
	[HANDOFF_SIGNAL] = "handoff_signal",
	[HANDOFF_QUEUE] = "handoff_queue",
	[HANDOFF_TAKE] = "handoff_take",
	[FREE_IDLE] = "free_idle",
};

static const char *const thread_states[THREAD_STATES] = {
	[THREAD_CPU] = "cpu",
	[THREAD_READY] = "ready",
	[THREAD_LOCK_WAIT] = "lock_wait",
	[THREAD_BLOCKED] = "blocked",
};

static const char *const loss_names[LOSSES] = {
	[LOSS_THREAD_TABLE] = "thread table full",
	[LOSS_PID_TABLE] = "pid beyond the table",
	[LOSS_SEAT_READ] = "seat unreadable",
	[LOSS_LOCK_READ] = "lock page unreadable",
	[LOSS_STREAM] = "no room for the timeline",
	[LOSS_FUTEX_TABLE] = "futex table full",
	[LOSS_NEWS] = "no room for news of an exec",
	[LOSS_ARRIVAL] = "arrival on a CPU unseen",
	[LOSS_SEATS] = "more locks wanted or held by one thread than can be followed",
};

const char *ledger__lock_state(enum lock_state state)
{
	return lock_states[state];
}

const char *ledger__thread_state(enum thread_state state)
{
	return thread_states[state];
}

/* Only the first reason is kept: the others usually follow from it. */
void ledger__invalid(struct ledger *ledger, const char *format, ...)
{
	va_list args;

	if (!ledger->valid)
		return;
	ledger->valid = false;
	va_start(args, format);
	vsnprintf(ledger->reason, sizeof(ledger->reason), format, args);
	va_end(args);
}

static uint64_t thread_life(const struct trace *trace, const struct thread_record *record)
{
	uint64_t end = record->state == THREAD_DEAD ? record->died_ns : trace->end_ns;

	return ledger__overlap(trace, record->born_ns, end);
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
		thread->ns[record->state] += ledger__overlap(trace, record->since_ns, trace->end_ns);
		ledger->open++;
	}
}

/* T1: cpu + ready + lock_wait + blocked = life. */
static void check_t1(struct ledger *ledger, const struct ledger_thread *thread)
{
	uint64_t sum = 0;

	for (int state = 0; state < THREAD_STATES; state++)
		sum += thread->ns[state];
	if (!ledger__about_equal(sum, thread->life_ns))
		ledger__invalid(ledger, "T1: states of thread %" PRIu32 " sum to %" PRIu64
			" ns, it lived %" PRIu64 " ns", thread->tid, sum, thread->life_ns);
}

/* T2: our counts = the kernel's, kind by kind, exactly. */
static void check_t2(struct ledger *ledger, const struct ledger_thread *thread)
{
	for (int kind = 0; kind < SWITCH_KINDS; kind++)
		if (thread->switches[kind] != thread->kernel[kind])
			ledger__invalid(ledger, "T2: thread %" PRIu32 " has %" PRIu64 " %s switches, the "
				"kernel counts %" PRIu64, thread->tid, thread->switches[kind],
				kind == VOLUNTARY ? "voluntary" : "involuntary",
				thread->kernel[kind]);
}

static int settle_threads(const struct trace *trace, struct ledger *ledger)
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

static void check_losses(const struct trace *trace, struct ledger *ledger)
{
	ledger->events_lost = trace->missed_programs;
	for (int cause = 0; cause < LOSSES; cause++)
		ledger->events_lost += trace->losses[cause];
	if (trace->missed_programs)
		ledger__invalid(ledger, "%" PRIu64 " events lost: the kernel skipped a program",
			trace->missed_programs);
	for (int cause = 0; cause < LOSSES; cause++)
		if (trace->losses[cause])
			ledger__invalid(ledger, "%" PRIu64 " events lost: %s", trace->losses[cause],
				loss_names[cause]);
}

int ledger__settle(const struct trace *trace, const struct ledger_bounds *bounds,
		   struct ledger *ledger)
{
	int err;

	*ledger = (struct ledger){ .valid = true };
	if (!trace->opened || !trace->closed || trace->end_ns < trace->start_ns) {
		ledger__invalid(ledger, "the measuring window was %s",
			trace->opened ? "not closed" : "not opened");
		return 0;
	}
	ledger->window_ns = trace->end_ns - trace->start_ns;
	check_losses(trace, ledger);
	err = settle_threads(trace, ledger);
	if (err)
		return err;
	return ledger__settle_locks(trace, bounds, ledger);
}

void ledger__free(struct ledger *ledger)
{
	free(ledger->threads);
	free(ledger->locks);
	ledger->threads = NULL;
	ledger->locks = NULL;
	ledger->nlocks = 0;
	ledger->nthreads = 0;
}
