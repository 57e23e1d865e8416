// SPDX-License-Identifier: GPL-2.0-or-later
// Adds up, and says when it does not add up.
#include "ledger/ledger.h"

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
	[LOSS_HISTORY] = "hand-off older than the history",
	[LOSS_STREAM] = "no room for the timeline",
	[LOSS_FUTEX_TABLE] = "futex table full",
	[LOSS_NEWS] = "no room for news of an exec",
	[LOSS_ARRIVAL] = "arrival on a CPU unseen",
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
static void __attribute__((format(printf, 2, 3))) invalid(struct ledger *ledger,
							  const char *format, ...)
{
	va_list args;

	if (!ledger->valid)
		return;
	ledger->valid = false;
	va_start(args, format);
	vsnprintf(ledger->reason, sizeof(ledger->reason), format, args);
	va_end(args);
}

static uint64_t tolerance(uint64_t whole)
{
	uint64_t share = whole / LEDGER_TOLERANCE;

	return share > LEDGER_TOLERANCE_NS ? share : LEDGER_TOLERANCE_NS;
}

static bool about_equal(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) <= tolerance(b);
}

static uint64_t overlap(const struct trace *trace, uint64_t from, uint64_t to)
{
	if (from < trace->start_ns)
		from = trace->start_ns;
	if (to > trace->end_ns)
		to = trace->end_ns;
	return to > from ? to - from : 0;
}

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

/* L1: the eight states sum to the window, which is the wall time the program saw. */
static void check_l1(struct ledger *ledger, const struct ledger_bounds *bounds)
{
	uint64_t sum = 0;

	for (int state = 0; state < LOCK_STATES; state++) {
		if (ledger->lock_ns[state] > INT64_MAX)
			invalid(ledger, "L1: %s is negative", lock_states[state]);
		sum += ledger->lock_ns[state];
	}
	if (!about_equal(sum, ledger->window_ns))
		invalid(ledger, "L1: lock states sum to %" PRIu64 " ns, the window is %" PRIu64
			" ns", sum, ledger->window_ns);
	if (sum + tolerance(sum) < bounds->low_ns || sum - tolerance(sum) > bounds->high_ns)
		invalid(ledger, "L1: lock states sum to %" PRIu64 " ns, the workload's own clock "
			"says %" PRIu64 " to %" PRIu64 " ns", sum, bounds->low_ns,
			bounds->high_ns);
}

/* The lock counts by itself, and what we have seen must be that. */
static void check_announced(struct ledger *ledger, const struct lock_record *lock)
{
	if (lock->own_acquisitions - lock->own_releases > 1)
		invalid(ledger, "acquisitions (%" PRIu64 ") and releases (%" PRIu64 ") differ",
			(uint64_t)lock->own_acquisitions, (uint64_t)lock->own_releases);
	if (lock->handoffs != lock->own_handoffs)
		invalid(ledger, "%" PRIu64 " hand-offs seen, the lock counts %" PRIu64,
			(uint64_t)lock->handoffs, (uint64_t)lock->own_handoffs);
}

/*
 * Known by calls: each thread may have been caught between its two functions. More means
 * that some calls are not seen (a part was inlined), or that it is no lock's functions.
 */
static void check_called(struct ledger *ledger, const struct lock_record *lock)
{
	uint64_t a = lock->own_acquisitions, r = lock->releases;

	if ((a > r ? a - r : r - a) > ledger->nthreads)
		invalid(ledger, "acquisitions (%" PRIu64 ") and releases (%" PRIu64 ") differ by "
			"more than one per thread: not every call is seen", a, r);
	if (lock->overlaps)
		invalid(ledger, "two threads held the lock at once, %" PRIu64 " times: the "
			"functions are not those of one lock", (uint64_t)lock->overlaps);
}

static void check_thread_acquisitions(struct ledger *ledger)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ledger->nthreads; i++)
		sum += ledger->threads[i].acquisitions;
	if (sum != ledger->acquisitions)
		invalid(ledger, "threads acquired %" PRIu64 " times, the lock counts %" PRIu64, sum,
			ledger->acquisitions);
}

/* Taken for granted at the end: its thread is on a CPU, or it would have been settled. */
static void close_claim(const struct trace *trace, struct ledger *ledger)
{
	const struct lock_record *lock = &trace->lock;
	uint32_t slot = HOLDER_SLOT(lock->holder);
	uint64_t since = slot <= trace->nthreads ? trace->threads[slot - 1].call_since_ns
						 : trace->end_ns;

	if (since < lock->free_since_ns)
		since = lock->free_since_ns;
	ledger->open++;
	ledger->lock_ns[FREE_IDLE] += overlap(trace, lock->free_since_ns, since);
	ledger->lock_ns[HELD_RUNNING] += overlap(trace, since, trace->end_ns);
}

/* Known by calls: what its last state was, up to the window's end. */
static void close_called(const struct trace *trace, struct ledger *ledger)
{
	const struct lock_record *lock = &trace->lock;
	const struct thread_record *holder;
	uint64_t wanted = lock->wanted_since_ns ? lock->wanted_since_ns : trace->end_ns;

	if (lock->holder & CLAIM) {
		close_claim(trace, ledger);
		return;
	}
	if (!lock->holder || HOLDER_SLOT(lock->holder) > trace->nthreads) {
		ledger->lock_ns[FREE_IDLE] += overlap(trace, lock->free_since_ns, wanted);
		ledger->lock_ns[HANDOFF_SIGNAL] += overlap(trace, wanted, trace->end_ns);
		return;
	}
	holder = &trace->threads[HOLDER_SLOT(lock->holder) - 1];
	ledger->open++;
	if (holder->state == THREAD_CPU)
		ledger->lock_ns[HELD_RUNNING] += overlap(trace, holder->hold_since_ns,
							 trace->end_ns);
	else
		ledger->lock_ns[holder->state == THREAD_READY ? HELD_PREEMPTED_OTHER
							      : HELD_BLOCKED] +=
			overlap(trace, holder->since_ns, trace->end_ns);
}

static void sum_lock(const struct trace *trace, struct ledger *ledger)
{
	const struct lock_record *lock = &trace->lock;

	for (size_t i = 0; i < trace->nthreads; i++)
		for (int state = 0; state < LOCK_STATES; state++)
			ledger->lock_ns[state] += trace->threads[i].lock_ns[state];
	ledger->acquisitions = lock->own_acquisitions;
	ledger->releases = lock->called ? lock->releases : lock->own_releases;
	ledger->handoffs = lock->handoffs;
	ledger->handoffs_forced = lock->handoffs_forced;
	ledger->open += lock->open_holds;
	ledger->half_seen = lock->half_seen;
	ledger->lost_claims = lock->lost_claims;
	memcpy(ledger->others, lock->others, sizeof(ledger->others));
}

static void settle_lock(const struct trace *trace, const struct ledger_bounds *bounds,
			struct ledger *ledger)
{
	const struct lock_record *lock = &trace->lock;

	ledger->called = lock->called;
	ledger->has_lock = lock->called ? lock->known : lock->page != 0;
	if (!ledger->has_lock)
		return;
	sum_lock(trace, ledger);
	if (lock->called)
		close_called(trace, ledger);
	/* Calls that were not seen break L1 too, and are the reason to be told. */
	if (lock->called)
		check_called(ledger, lock);
	else
		check_announced(ledger, lock);
	check_thread_acquisitions(ledger);
	check_l1(ledger, bounds);
}

static void check_losses(const struct trace *trace, struct ledger *ledger)
{
	ledger->events_lost = trace->missed_programs;
	for (int cause = 0; cause < LOSSES; cause++)
		ledger->events_lost += trace->losses[cause];
	if (trace->missed_programs)
		invalid(ledger, "%" PRIu64 " events lost: the kernel skipped a program",
			trace->missed_programs);
	for (int cause = 0; cause < LOSSES; cause++)
		if (trace->losses[cause])
			invalid(ledger, "%" PRIu64 " events lost: %s", trace->losses[cause],
				loss_names[cause]);
}

int ledger__settle(const struct trace *trace, const struct ledger_bounds *bounds,
		   struct ledger *ledger)
{
	int err;

	*ledger = (struct ledger){ .valid = true };
	if (!trace->opened || !trace->closed || trace->end_ns < trace->start_ns) {
		invalid(ledger, "the measuring window was %s",
			trace->opened ? "not closed" : "not opened");
		return 0;
	}
	ledger->window_ns = trace->end_ns - trace->start_ns;
	check_losses(trace, ledger);
	err = settle_threads(trace, ledger);
	if (err)
		return err;
	settle_lock(trace, bounds, ledger);
	return 0;
}

void ledger__free(struct ledger *ledger)
{
	free(ledger->threads);
	ledger->threads = NULL;
	ledger->nthreads = 0;
}
