// SPDX-License-Identifier: GPL-2.0-or-later
// Subtracts two ledgers of a run under way, so that what comes out still adds up.
#include "live/live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Sums over threads may be "negative" for a moment, which unsigned is huge: then nothing. */
static uint64_t settled(uint64_t ns)
{
	return ns > INT64_MAX ? 0 : ns;
}

static uint64_t grown(uint64_t before, uint64_t now)
{
	before = settled(before);
	now = settled(now);
	return now > before ? now - before : 0;
}

/* whole_ns in nstates states, before NULL: all zeros. */
static struct live_parts split(const uint64_t *before, const uint64_t *now, int nstates,
			       uint64_t whole_ns)
{
	struct live_parts parts = { { 0 }, 0, 0 };
	uint64_t sum = 0;

	for (int state = 0; state < nstates; state++) {
		parts.ns[state] = grown(before ? before[state] : 0, now[state]);
		sum += parts.ns[state];
	}
	if (sum < whole_ns)
		parts.not_seen_ns = whole_ns - sum;
	else
		parts.corrected_ns = sum - whole_ns;
	return parts;
}

static struct live_thread thread_between(const struct ledger_thread *before,
					 const struct ledger_thread *now)
{
	static const struct ledger_thread nothing;
	struct live_thread thread = { .number = now->number, .tid = now->tid };

	if (!before)
		before = &nothing;
	memcpy(thread.comm, now->comm, sizeof(thread.comm));
	thread.comm[COMM_BYTES] = '\0';
	thread.life_ns = grown(before->life_ns, now->life_ns);
	thread.parts = split(before->ns, now->ns, THREAD_STATES, thread.life_ns);
	thread.handoffs_in = grown(before->handoffs_in, now->handoffs_in);
	for (int kind = 0; kind < SWITCH_KINDS; kind++)
		thread.switches[kind] = grown(before->switches[kind], now->switches[kind]);
	return thread;
}

/* Both ledgers have their threads in the order of their births. */
static int subtract_threads(const struct ledger *before, const struct ledger *now,
			    struct live_stretch *stretch)
{
	size_t known = before ? before->nthreads : 0, at = 0;

	stretch->threads = calloc(now->nthreads ? now->nthreads : 1, sizeof(*stretch->threads));
	if (!stretch->threads)
		return -ENOMEM;
	for (size_t i = 0; i < now->nthreads; i++) {
		const struct ledger_thread *thread = &now->threads[i], *was = NULL;
		struct live_thread *shown = &stretch->threads[stretch->nthreads];

		while (at < known && before->threads[at].number < thread->number)
			at++;
		if (at < known && before->threads[at].number == thread->number)
			was = &before->threads[at];
		if (!thread->tid)	/* threads of long ago */
			continue;
		*shown = thread_between(was, thread);
		stretch->nthreads += shown->life_ns > 0;
	}
	return 0;
}

int live__between(const struct ledger *before, const struct ledger *now,
		  struct live_stretch *stretch)
{
	static const struct ledger nothing;
	const struct ledger *from = before ? before : &nothing;

	*stretch = (struct live_stretch){
		.ns = grown(from->window_ns, now->window_ns),
		.has_lock = now->has_lock && (!before || before->has_lock),
		.acquisitions = grown(from->acquisitions, now->acquisitions),
		.handoffs = grown(from->handoffs, now->handoffs),
		.handoffs_forced = grown(from->handoffs_forced, now->handoffs_forced),
		.events_lost = grown(from->events_lost, now->events_lost),
	};
	if (stretch->has_lock)
		stretch->lock = split(from->lock_ns, now->lock_ns, LOCK_STATES, stretch->ns);
	for (int kind = 0; kind < SWITCH_KINDS; kind++)
		stretch->switches[kind] = grown(from->switches[kind], now->switches[kind]);
	return subtract_threads(before, now, stretch);
}

void live__drop(struct live_stretch *stretch)
{
	free(stretch->threads);
	*stretch = (struct live_stretch){ 0 };
}

/* What is shown is replaced as a whole, or not at all. */
static int show(struct live *live)
{
	struct live_stretch last, whole;
	int err = live__between(live->looks > 1 ? &live->before : NULL, &live->now, &last);

	if (!err)
		err = live__between(NULL, &live->now, &whole);
	if (err) {
		live__drop(&last);
		return err;
	}
	live__drop(&live->last);
	live__drop(&live->whole);
	live->last = last;
	live->whole = whole;
	return 0;
}

int live__look(struct live *live, struct ledger *ledger)
{
	ledger__free(&live->before);
	live->before = live->now;
	live->now = *ledger;
	live->looks++;
	return live->paused && live->looks > 1 ? 0 : show(live);
}

void live__free(struct live *live)
{
	ledger__free(&live->before);
	ledger__free(&live->now);
	live__drop(&live->last);
	live__drop(&live->whole);
	*live = (struct live){ 0 };
}

double live__share(const struct live_parts *parts, uint64_t part_ns)
{
	uint64_t sum = parts->not_seen_ns;

	for (int state = 0; state < LOCK_STATES; state++)
		sum += parts->ns[state];
	return sum ? (double)part_ns / (double)sum : 0;
}

double live__rate(uint64_t count, uint64_t ns)
{
	return ns ? (double)count * 1e9 / (double)ns : 0;
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct live_thread *left = a, *right = b;
	const enum thread_state *state = arg;
	uint64_t l = left->parts.ns[*state], r = right->parts.ns[*state];

	if (l != r)
		return l > r ? -1 : 1;
	return left->number < right->number ? -1 : left->number > right->number;
}

void live__sort(struct live_stretch *stretch, enum live_sort sort)
{
	static const enum thread_state states[] = {
		[LIVE_BY_CPU] = THREAD_CPU,
		[LIVE_BY_READY] = THREAD_READY,
		[LIVE_BY_LOCK_WAIT] = THREAD_LOCK_WAIT,
		[LIVE_BY_BLOCKED] = THREAD_BLOCKED,
	};
	enum thread_state state = states[sort];

	qsort_r(stretch->threads, stretch->nthreads, sizeof(*stretch->threads), compare, &state);
}
