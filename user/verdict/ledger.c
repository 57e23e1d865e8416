// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first line of evidence: where the lock's time went, as differences of traced runs.
 *
 * The states come from the two arms in question. What the holder did while it ran is split
 * further, and each part says where it comes from: page faults from the samples of the same
 * runs, memory from the traced run of the memory arm (so the larger working set is memory less
 * page faults), lock operations from the price and the same runs' counts. The rest is what
 * nobody knows.
 */
#include <math.h>

#include "verdict/parts.h"

/* Some lock states together. */
struct states {
	unsigned int mask;
};

#define STATE(state) (1u << (state))
/* The next owner waits for a CPU that is the run's own; for one, or for quota, that is not. */
#define QUEUE (STATE(HANDOFF_QUEUE) | STATE(HANDOFF_QUEUE_SELF))
#define OTHERS (STATE(HELD_PREEMPTED_OTHER) | STATE(HELD_THROTTLED) | \
		STATE(HANDOFF_QUEUE_OTHER) | STATE(HANDOFF_THROTTLED))
#define NARROW (STATE(HANDOFF_SIGNAL) | QUEUE | STATE(HANDOFF_TAKE) | STATE(HELD_PREEMPTED_SELF))
#define ALL_STATES (STATE(LOCK_STATES) - 1)

static const struct states component_states[] = {
	[LEDGER_TOTAL] = { ALL_STATES },
	[LEDGER_SWITCHING] = { NARROW },
	[LEDGER_SIGNAL] = { STATE(HANDOFF_SIGNAL) },
	[LEDGER_QUEUE] = { QUEUE },
	[LEDGER_TAKE] = { STATE(HANDOFF_TAKE) },
	[LEDGER_PREEMPTED_SELF] = { STATE(HELD_PREEMPTED_SELF) },
	[LEDGER_PREEMPTED_OTHER] = { OTHERS },
	[LEDGER_BLOCKED] = { STATE(HELD_BLOCKED) | STATE(HELD_WAKING) },
	[LEDGER_IDLE] = { STATE(FREE_IDLE) },
	[LEDGER_RUNNING] = { STATE(HELD_RUNNING) },
};

static double states_sum(const struct trial *trial, unsigned int mask)
{
	double sum = 0;

	if (!trial || !trial->has_lock)
		return NAN;
	for (int state = 0; state < LOCK_STATES; state++)
		if (mask & STATE(state))
			sum += trial->lock_ms[state];
	return sum;
}

static double states_difference(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;
	const struct states *states = arg;

	return states_sum(blocks__find(block, question->other), states->mask) -
	       states_sum(blocks__find(block, question->base), states->mask);
}

double verdict_ledger__narrow(const struct block *block, const void *arg)
{
	(void)arg;
	return states_difference(block, &component_states[LEDGER_SWITCHING]);
}

static double faults_of(const struct trial *trial)
{
	if (!trial || !trial->has_lock || !trial->sampled)
		return NAN;
	return trial->running_ms[SAMPLE_KIND_FAULT];
}

static double page_faults(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;

	(void)arg;
	return faults_of(blocks__find(block, question->other)) -
	       faults_of(blocks__find(block, question->base));
}

bool verdict_ledger__sampled(const struct inquiry *inquiry)
{
	struct block block = { .traced = true, .inquiry = inquiry };
	uint64_t last = blocks__last(inquiry->trials);

	for (block.number = 1; block.number <= last; block.number++)
		if (isfinite(page_faults(&block, NULL)))
			return true;
	return false;
}

/* Where no arm has memory alone, page faults are all that is known of it. */
static double known_memory(const struct block *block, const void *arg)
{
	if (block->inquiry->question->memory)
		return verdict_ladder__memory(block, arg);
	return block->inquiry->sampled ? page_faults(block, arg) : 0;
}

static double working_set(const struct block *block, const void *arg)
{
	return verdict_ladder__memory(block, arg) - page_faults(block, arg);
}

/* Held by a running thread, less all that has a name. What is not known has none. */
static double not_explained(const struct block *block, const void *arg)
{
	const struct inquiry *inquiry = block->inquiry;
	double rest = states_difference(block, &component_states[LEDGER_RUNNING]);

	rest -= known_memory(block, arg);
	if (!isnan(inquiry->prices.lock_operation_ns))
		rest -= verdict_ladder__lock(block, arg);
	return rest;
}

/* A prediction, to be held against the lines that it lies in; never added. */
static double switch_direct(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;
	const struct trial *other = blocks__find(block, question->other);
	const struct trial *base = blocks__find(block, question->base);

	(void)arg;
	if (!other || !base)
		return NAN;
	return (other->handoffs - base->handoffs) * blocks__prices(block).switch_ns / 1e6;
}

struct block_part verdict_ledger__part(enum verdict_component component)
{
	struct block_part part = {
		.figure = states_difference,
		.whole = states_difference,
		.whole_arg = &component_states[LEDGER_TOTAL],
		.traced = true,
	};

	switch (component) {
	case LEDGER_MEMORY: part.figure = verdict_ladder__memory; break;
	case LEDGER_PAGE_FAULTS: part.figure = page_faults; break;
	case LEDGER_WORKING_SET: part.figure = working_set; break;
	case LEDGER_LOCK: part.figure = verdict_ladder__lock; break;
	case LEDGER_NOT_EXPLAINED: part.figure = not_explained; break;
	case LEDGER_SWITCH_DIRECT: part.figure = switch_direct; break;
	default: part.arg = &component_states[component]; break;
	}
	return part;
}
