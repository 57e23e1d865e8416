// SPDX-License-Identifier: GPL-2.0-or-later
// Lays out the lock's track. The rules are those of bpf/hold.bpf.h and bpf/lock.bpf.h.
#include "timeline/lock_track.h"

#include "include/wait.h"

struct track {
	const struct timeline *timeline;
	struct timeline_intervals *intervals;
	size_t first;			/* of the track's intervals */
	uint64_t until_ns;		/* laid out so far */
	uint32_t owner;			/* who has it, or 0 */
	bool from_before;		/* has had it since before the window */
	int err;
};

/* Is it more of what the track ends with? */
static bool continues(const struct track *track, const struct timeline_interval *next)
{
	const struct timeline_intervals *intervals = track->intervals;
	const struct timeline_interval *last;

	if (intervals->count == track->first)
		return false;
	last = &intervals->items[intervals->count - 1];
	return last->state == next->state && last->thread == next->thread;
}

/* The lock was in this state from where we are until then. */
static void stay(struct track *track, enum lock_state state, uint32_t thread, uint64_t until)
{
	struct timeline_interval interval = {
		.kind = TIMELINE_OF_LOCK, .thread = thread, .state = (uint8_t)state,
		.cpu = TIMELINE_NO_CPU,
	};

	if (until > track->timeline->end_ns)
		until = track->timeline->end_ns;
	if (until <= track->until_ns || track->err)
		return;
	interval.start_ns = track->until_ns - track->timeline->start_ns;
	interval.end_ns = until - track->timeline->start_ns;
	track->until_ns = until;
	if (continues(track, &interval))
		track->intervals->items[track->intervals->count - 1].end_ns = interval.end_ns;
	else
		track->err = timeline_intervals__add(track->intervals, &interval);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The first of the thread's stretches that ends after this. */
static size_t first_after(const struct timeline_thread *thread, uint64_t ns)
{
	size_t low = 0, high = thread->nstretches;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (thread->stretches[middle].off.on_ns > ns)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* The holder was off its CPU, and we were not told whose it was: before the window opened. */
static void stay_away(struct track *track, const struct timeline_stretch *stretch, uint64_t until)
{
	stay(track, HELD_RUNNING, track->owner, earlier(stretch->off.off_ns, until));
	if (stretch->state != THREAD_READY)
		stay(track, HELD_BLOCKED, track->owner, earlier(stretch->off.ready_ns, until));
	stay(track, HELD_PREEMPTED_OTHER, track->owner, earlier(stretch->off.on_ns, until));
}

/* The holder slept, or not, and waited for a CPU. */
static void keep(struct track *track, const struct timeline_stretch *stretch, uint64_t until)
{
	const struct off_stretch *off = &stretch->off;
	uint32_t owner = track->owner;

	stay(track, HELD_RUNNING, owner, earlier(off->off_ns, until));
	if (stretch->state != THREAD_READY)
		stay(track, HELD_BLOCKED, owner, earlier(off->ready_ns, until));
	stay(track, HELD_THROTTLED, owner, earlier(wait__throttled_until(off), until));
	if (stretch->state != THREAD_READY) {
		stay(track, HELD_WAKING, owner, earlier(off->on_ns, until));
		return;
	}
	stay(track, HELD_PREEMPTED_SELF, owner, earlier(wait__self_until(off), until));
	stay(track, HELD_PREEMPTED_OTHER, owner, earlier(off->on_ns, until));
}

static void lay_out_away(struct track *track, const struct timeline_stretch *stretch,
			 uint64_t until)
{
	switch (stretch->hold) {
	case STRETCH_KEPT: keep(track, stretch, until); break;
	case STRETCH_FREE:
		stay(track, HELD_RUNNING, track->owner, earlier(stretch->released_ns, until));
		stay(track, FREE_IDLE, 0, earlier(stretch->off.on_ns, until));
		break;
	default:
		if (track->from_before)
			stay_away(track, stretch, until);
		break;
	}
}

/* What a thread that is off its CPU means to the lock that it holds. */
static enum lock_state held_state(const struct timeline_thread *thread)
{
	if (thread->state != THREAD_READY)
		return HELD_BLOCKED;
	return thread->throttled ? HELD_THROTTLED : HELD_PREEMPTED_OTHER;
}

/* It is still off its CPU as the window closes: seen only by where it is left. */
static void lay_out_last(struct track *track, const struct timeline_thread *thread,
			 uint64_t until)
{
	if (thread->since_ns >= until)
		return;
	stay(track, HELD_RUNNING, track->owner, thread->since_ns);
	stay(track, held_state(thread), track->owner, until);
}

/* The owner had it until then. */
static void lay_out_hold(struct track *track, uint64_t until)
{
	const struct timeline_thread *thread;

	until = earlier(until, track->timeline->end_ns);
	if (!track->owner) {
		stay(track, FREE_IDLE, 0, until);
		return;
	}
	thread = &track->timeline->threads[track->owner - 1];
	if (track->from_before)
		stay(track, FREE_IDLE, 0, earlier(thread->born_ns, until));
	for (size_t i = first_after(thread, track->until_ns);
	     i < thread->nstretches && thread->stretches[i].off.off_ns < until; i++)
		lay_out_away(track, &thread->stretches[i], until);
	lay_out_last(track, thread, until);
	stay(track, HELD_RUNNING, track->owner, until);
}

/* What the next owner did before it came back to a CPU. */
static void wait_away(struct track *track, uint32_t next, const struct timeline_stretch *stretch,
		      uint64_t until)
{
	const struct off_stretch *off = &stretch->off;

	stay(track, HANDOFF_TAKE, next, earlier(off->off_ns, until));
	stay(track, stretch->state == THREAD_CPU ? HANDOFF_TAKE : HANDOFF_SIGNAL, next,
	     earlier(off->ready_ns, until));
	stay(track, HANDOFF_THROTTLED, next, earlier(wait__throttled_until(off), until));
	stay(track, HANDOFF_QUEUE_SELF, next, earlier(wait__self_until(off), until));
	stay(track, wait__was_idle(off) ? HANDOFF_QUEUE : HANDOFF_QUEUE_OTHER, next,
	     earlier(off->on_ns, until));
}

/* Free and wanted until then: what the next owner did tells what it waited for. */
static void lay_out_wait(struct track *track, uint32_t next, uint64_t until)
{
	const struct timeline_thread *thread;

	if (!next) {
		stay(track, HANDOFF_TAKE, next, until);
		return;
	}
	thread = &track->timeline->threads[next - 1];
	/* It was not born yet: another one was waited for. */
	stay(track, HANDOFF_SIGNAL, next, earlier(thread->born_ns, until));
	for (size_t i = first_after(thread, track->until_ns);
	     i < thread->nstretches && thread->stretches[i].off.off_ns < until; i++)
		wait_away(track, next, &thread->stretches[i], until);
	stay(track, HANDOFF_TAKE, next, until);
}

static void lay_out_event(struct track *track, const struct timeline_lock_event *event)
{
	if (event->kind == TIMELINE_HELD) {
		if (!track->owner) {
			track->owner = event->from;
			track->from_before = true;
		}
		return;
	}
	/* The first that we hear of, and somebody had it before. */
	if (!track->owner && event->released_ns && track->until_ns == track->timeline->start_ns)
		track->owner = event->from;
	lay_out_hold(track, event->released_ns);
	stay(track, FREE_IDLE, 0, earlier(event->wanted_ns, event->kind == TIMELINE_TAKE
								   ? event->taken_ns
								   : track->timeline->end_ns));
	if (event->kind == TIMELINE_TAKE)
		lay_out_wait(track, event->to, event->taken_ns);
	else
		stay(track, HANDOFF_SIGNAL, 0, track->timeline->end_ns);
	track->owner = event->kind == TIMELINE_TAKE ? event->to : 0;
	track->from_before = false;
}

int timeline_lock_track__lay_out(const struct timeline *timeline,
				 struct timeline_intervals *intervals)
{
	struct track track = {
		.timeline = timeline,
		.intervals = intervals,
		.first = intervals->count,
		.until_ns = timeline->start_ns,
	};

	if (!timeline->has_lock)
		return 0;
	for (size_t i = 0; i < timeline->nlocks && !track.err; i++)
		lay_out_event(&track, &timeline->locks[i]);
	lay_out_hold(&track, timeline->end_ns);
	return track.err;
}

/* On which CPU the thread was then, counted from the window. */
static uint32_t cpu_at(const struct timeline_intervals *intervals, uint32_t thread, uint64_t ns)
{
	size_t low = intervals->of_thread[thread - 1], high = intervals->of_thread[thread];

	/* The last that begins before or at this. */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (intervals->items[middle].start_ns <= ns)
			low = middle;
		else
			high = middle;
	}
	return low < high ? intervals->items[low].cpu : TIMELINE_NO_CPU;
}

int timeline_lock_track__handoffs(const struct timeline *timeline,
				  struct timeline_intervals *intervals)
{
	uint64_t start = timeline->start_ns;
	int err = 0;

	for (size_t i = 0; i < timeline->nlocks && !err; i++) {
		const struct timeline_lock_event *event = &timeline->locks[i];
		struct timeline_interval interval = {
			.kind = TIMELINE_OF_HANDOFF, .thread = event->to, .from = event->from,
			.state = event->forced, .cpu = TIMELINE_NO_CPU,
		};

		if (!event->handoff || event->taken_ns < start ||
		    event->taken_ns >= timeline->end_ns)
			continue;
		interval.end_ns = event->taken_ns - start;
		if (event->released_ns > start)
			interval.start_ns = event->released_ns - start;
		if (event->to)
			interval.cpu = cpu_at(intervals, event->to, interval.end_ns);
		err = timeline_intervals__add(intervals, &interval);
	}
	return err;
}
