// SPDX-License-Identifier: GPL-2.0-or-later
// From events to intervals: what lies between two events is what the first has left.
#include "timeline/layout.h"

#include <errno.h>
#include <stdlib.h>

#include "timeline/lock_track.h"

/* One thread's life being laid out. */
struct life {
	const struct timeline *timeline;
	struct timeline_intervals *intervals;
	uint32_t number;
	uint64_t until_ns;		/* laid out so far */
	bool ran;			/* it has been on a CPU */
	int err;
};

/* The thread was in this state from where we are until then. */
static void stay(struct life *life, enum thread_state state, uint32_t cpu, uint64_t until)
{
	const struct timeline *timeline = life->timeline;
	uint64_t from = life->until_ns;
	struct timeline_interval interval = {
		.kind = TIMELINE_OF_THREAD, .thread = life->number, .state = (uint8_t)state,
		.cpu = state == THREAD_CPU ? cpu : TIMELINE_NO_CPU,
	};

	if (until < from)
		until = from;
	life->until_ns = until;
	if (from < timeline->start_ns)
		from = timeline->start_ns;
	if (until > timeline->end_ns)
		until = timeline->end_ns;
	if (until < from || from >= timeline->end_ns || (until == from && state != THREAD_CPU) ||
	    life->err)
		return;
	interval.start_ns = from - timeline->start_ns;
	interval.end_ns = until - timeline->start_ns;
	life->err = timeline_intervals__add(life->intervals, &interval);
}

/* It stood still for us. */
static void leave_out(struct life *life, uint64_t until)
{
	if (until > life->until_ns)
		life->until_ns = until;
}

/* Events are missing: nobody knows what it did until then. */
static void skip(struct life *life, uint64_t until)
{
	leave_out(life, until);
	life->intervals->missing++;
}

static void lay_out_stretch(struct life *life, const struct timeline_stretch *stretch)
{
	if (stretch->lost)
		skip(life, stretch->off.off_ns);
	else if (stretch->off.off_ns > life->until_ns || (life->ran && stretch->state != THREAD_CPU))
		stay(life, THREAD_CPU, stretch->cpu_left, stretch->off.off_ns);
	life->ran = true;
	if (stretch->hold == STRETCH_STOPPED)
		leave_out(life, stretch->off.ready_ns);
	else
		stay(life, stretch->state, stretch->cpu_left, stretch->off.ready_ns);
	stay(life, THREAD_READY, TIMELINE_NO_CPU, stretch->off.on_ns);
}

static void lay_out_end(struct life *life, const struct timeline_thread *thread)
{
	uint64_t end = life->timeline->end_ns;

	if (thread->lost) {
		skip(life, end);
		return;
	}
	if (thread->died_ns < end)
		end = thread->died_ns;
	if (thread->since_ns > end) {
		stay(life, THREAD_CPU, thread->cpu, end);
		return;
	}
	/* A thread that was asleep when it was adopted has not been on a CPU yet. */
	if (thread->since_ns > life->until_ns || life->ran)
		stay(life, THREAD_CPU, thread->cpu, thread->since_ns);
	stay(life, thread->state, thread->cpu, end);
}

static int lay_out(const struct timeline *timeline, size_t index,
		   struct timeline_intervals *intervals)
{
	const struct timeline_thread *thread = &timeline->threads[index];
	struct life life = {
		.timeline = timeline,
		.intervals = intervals,
		.number = (uint32_t)index + 1,
		.until_ns = thread->born_ns,
	};

	for (size_t i = 0; i < thread->nstretches; i++)
		lay_out_stretch(&life, &thread->stretches[i]);
	lay_out_end(&life, thread);
	return life.err;
}

static int lay_out_threads(const struct timeline *timeline, struct timeline_intervals *intervals)
{
	int err = 0;

	for (size_t i = 0; i < timeline->nthreads && !err; i++) {
		intervals->of_thread[i] = intervals->count;
		err = lay_out(timeline, i, intervals);
	}
	intervals->of_thread[timeline->nthreads] = intervals->count;
	return err;
}

int timeline_layout__make(const struct timeline *timeline, struct timeline_intervals *intervals)
{
	int err;

	*intervals = (struct timeline_intervals){ 0 };
	intervals->of_thread = calloc(timeline->nthreads + 1, sizeof(*intervals->of_thread));
	err = intervals->of_thread ? lay_out_threads(timeline, intervals) : -ENOMEM;
	intervals->first[TIMELINE_OF_LOCK] = intervals->count;
	if (!err)
		err = timeline_lock_track__lay_out(timeline, intervals);
	intervals->first[TIMELINE_OF_HANDOFF] = intervals->count;
	if (!err)
		err = timeline_lock_track__handoffs(timeline, intervals);
	intervals->first[TIMELINE_KINDS] = intervals->count;
	if (err)
		timeline_intervals__free(intervals);
	return err;
}
