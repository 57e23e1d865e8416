// SPDX-License-Identifier: GPL-2.0-or-later
// Adds up, and says when it does not add up.
#include "ledger/ledger.h"
#include "ledger/parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const lock_states[LOCK_STATES] = {
	[HELD_RUNNING] = "held_running",
	[HELD_PREEMPTED_SELF] = "held_preempted_self",
	[HELD_PREEMPTED_OTHER] = "held_preempted_other",
	[HELD_BLOCKED] = "held_blocked",
	[HELD_WAKING] = "held_waking",
	[HELD_THROTTLED] = "held_throttled",
	[HANDOFF_SIGNAL] = "handoff_signal",
	[HANDOFF_QUEUE] = "handoff_queue",
	[HANDOFF_QUEUE_SELF] = "handoff_queue_self",
	[HANDOFF_QUEUE_OTHER] = "handoff_queue_other",
	[HANDOFF_THROTTLED] = "handoff_throttled",
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
	[LOSS_THREAD_TABLE] = "no place for one more thread",
	[LOSS_PID_TABLE] = "pid beyond the table",
	[LOSS_SEAT_READ] = "seat unreadable",
	[LOSS_LOCK_READ] = "lock page unreadable",
	[LOSS_STREAM] = "no room for the timeline",
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

/* Without a lock too: the window is the wall time, and less only what it stood still for us. */
static void check_window(const struct trace *trace, const struct ledger_bounds *bounds,
			 struct ledger *ledger)
{
	uint64_t window = ledger->window_ns, off = tolerance(window);

	if (window + off < bounds->low_ns ||
	    (window > off && window - off > bounds->high_ns))
		invalid(ledger, "the window is %" PRIu64 " ns, the clock beside it says %" PRIu64
			" to %" PRIu64 " ns", window, bounds->low_ns, bounds->high_ns);
	if (trace->cut_ns > bounds->held_ns + off)
		invalid(ledger, "%" PRIu64 " ns were cut out, the program stood still for us for %"
			PRIu64 " ns", trace->cut_ns, bounds->held_ns);
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
			invalid(ledger, "%" PRIu64 " events lost: %s%s", trace->losses[cause],
				loss_names[cause],
				cause == LOSS_THREAD_TABLE && trace->every_thread
				? " (with a timeline, none is used again)" : "");
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
	err = ledger_part__threads(trace, ledger);
	if (err)
		return err;
	if (!ledger->lived)
		invalid(ledger, "no thread of the program was seen");
	err = ledger_part__locks(trace, bounds, ledger);
	check_window(trace, bounds, ledger);
	return err;
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
