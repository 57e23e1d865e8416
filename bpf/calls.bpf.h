/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lock of an unmodified program, known by the calls of the functions that take it and
 * let go of it: CPython's take_gil() and drop_gil(), or two that the user names.
 *
 * A hold ends at entry to the release function: one that waits for its successor, as
 * CPython's does, returns long after. It begins when the acquire function returns; but
 * the return costs a second trap, so where the lock is free for certain the acquisition is
 * taken for granted at entry (claim.bpf.h). If another thread was faster after all, its
 * return shows it.
 */
#ifndef SWITCHTAX_CALLS_BPF_H
#define SWITCHTAX_CALLS_BPF_H

#include "keys.bpf.h"
#include "lock.bpf.h"

/*
 * The release is seen at entry, a moment before it happens. Whoever comes within this
 * time may still find the lock held; the last holder itself may not, it has returned.
 */
#define CLAIM_GUARD_NS 5000

/* The window of a program that already ran opens where the lock's state is certain. */
static __always_inline void open_window(void)
{
	if (window_at_call && window_start_ns == NEVER)
		turn_window(WINDOW_OPENS);
}

/* --- taking it ----------------------------------------------------------------- */

/* The free time ends at `now`: nobody wanted it at first, then somebody did. */
static __always_inline struct handoff_walk free_until(struct thread_record *to,
						      struct cpu_record *cpu,
						      struct free_lock *free, __u64 now)
{
	__u64 wanted = free->wanted_ns ? free->wanted_ns : to->call_since_ns;
	struct handoff_walk walk = { .owner = to, .until = now };

	walk.released = later(free->since_ns, wanted < now ? wanted : now);
	add_lock_time(to, FREE_IDLE, free->since_ns, walk.released);
	if (walk.released < now) {
		split_handoff(&walk);
		histogram_add(cpu, HISTOGRAM_HANDOFF, walk.released, now);
	}
	return walk;
}

/*
 * A timeline shows the lock free only where a hand-off or a switch makes it worth an event:
 * a lock may be let go of and taken again by one thread many times between two switches.
 */
static __always_inline void stream_acquired(struct thread_record *from, struct thread_record *to,
					    struct free_lock *free, struct handoff_walk *walk,
					    __u64 now)
{
	struct lock_taking taking = { .released = free->since_ns, .taken = now,
				      .wanted = walk->released, .forced = free->asked };
	struct thread_record *last = thread_at(free->last);

	if (from || !last || last != to || to->since_ns > free->since_ns ||
	    free->since_ns <= window_start_ns)
		stream_taking(last, to, &taking, &walk->parts);
}

/* The thread has the lock since `now`; nobody else is in here with the same lock. */
static __always_inline void acquired(struct thread_record *to, struct cpu_record *cpu, __u64 now)
{
	bool waited = to->call == CALL_WAITING;
	struct thread_record *from;
	struct handoff_walk walk;
	struct free_lock free;

	free = look_at_free_lock();
	now = later(now, free.since_ns);
	begin_hold(to, now);
	is_taken_by(to, &free, now);
	/* The holder before the waiters: whoever finds nobody waiting finds the holder. */
	__sync_lock_test_and_set(&the_lock.holder, to->slot);
	if (waited)
		__sync_fetch_and_sub(&the_lock.waiting, 1);
	walk = free_until(to, cpu, &free, now);
	from = count_acquisition(to, &free, now);
	if (streaming)
		stream_acquired(from, to, &free, &walk, now);
}

/* A hold that nothing has proven was none: take it back, with what was counted. */
static __always_inline void undo_hold(struct thread_record *accountant,
				      struct thread_record *loser, __u64 now)
{
	bool handed = the_lock.last && the_lock.last != loser->slot;
	__u64 since = take_rest_of_hold(loser);

	if (since != PASSED_ON) {
		the_lock.free_since_ns = since;
		if (loser->state == THREAD_CPU && now > since) {
			add_lock_time(accountant, HELD_RUNNING, since, now);
			the_lock.free_since_ns = now;
		}
	}
	if (counted(loser->hold_start_ns)) {
		__sync_fetch_and_add(&loser->acquisitions, -1);
		__sync_fetch_and_add(&the_lock.own_acquisitions, -1);
		__sync_fetch_and_add(&the_lock.handoffs, -(__u64)handed);
		__sync_fetch_and_add(&loser->handoffs_in, -(__u64)handed);
	}
	lose_claim(loser);
}

/*
 * Somebody else than the thread that is about to have the lock is taken to have it. False:
 * for good reason, so two have it at once. A claim may be settled while we look.
 */
static __always_inline bool clear_holder(struct thread_record *thread, __u64 now)
{
	for (int tries = 0; tries < 2; tries++) {
		__u32 holder = the_lock.holder;
		struct thread_record *other = thread_at(HOLDER_SLOT(holder));

		if (!other)
			return true;
		if (!(holder & (CLAIM | UNPROVEN)))
			return false;
		if (!swap_holder(holder, 0))
			continue;
		if (holder & CLAIM)
			lose_claim(other);
		else
			undo_hold(thread, other, now);
		return true;
	}
	return false;
}

/*
 * Has the last holder been through its release? It was seen at its beginning, and then the
 * thread may have lost its CPU: it must have run on for a while, or have gone to sleep.
 */
static __always_inline bool has_let_go(struct thread_record *last, __u64 now)
{
	__u64 since = later(the_lock.free_since_ns, last->since_ns);

	if (last->state == THREAD_READY)
		return last->since_ns > the_lock.free_since_ns + CLAIM_GUARD_NS;
	return last->state != THREAD_CPU || now > since + CLAIM_GUARD_NS;
}

/* May it be taken for granted that a thread which comes now gets the lock at once? */
static __always_inline bool surely_free(struct thread_record *thread, __u64 now)
{
	struct thread_record *last = thread_at(the_lock.last);

	if (streaming || !the_lock.known || now < the_lock.claims_from_ns)
		return false;
	return !last || last == thread || has_let_go(last, now);
}

/*
 * A thread calls that has called already. A clone that calls another is the same call; else
 * a release has not been seen, and the counts are to show that.
 */
static __always_inline bool takes_again(struct thread_record *thread, __u64 now)
{
	if (thread->call == CALL_CLAIMING && !the_lock.nests)
		settle_claim(thread, 0);
	if (thread->call == CALL_HOLDING && !owns(thread)) {
		the_lock.overlaps++;
		thread->call = CALL_OUTSIDE;
		return false;
	}
	if (thread->call == CALL_HOLDING && !the_lock.nests && counted(now)) {
		__sync_fetch_and_add(&thread->acquisitions, 1);
		__sync_fetch_and_add(&the_lock.own_acquisitions, 1);
	}
	if (thread->call != CALL_WAITING && thread->call != CALL_CLAIMING &&
	    thread->call != CALL_HOLDING)
		return false;
	the_lock.repeats++;
	return true;
}

/*
 * Take it for granted, if that may be: first the mark, which keeps the lock as it is, then the
 * question. A claim that was settled meanwhile is proven by its return.
 */
static __always_inline bool claims(struct thread_record *thread)
{
	if (!surely_free(thread, clock_now()))
		return false;
	thread->call = CALL_CLAIMING;
	if (!swap_holder(0, thread->slot | CLAIM)) {
		thread->call = CALL_WAITING;
		return false;
	}
	if (surely_free(thread, clock_now())) {
		__sync_fetch_and_sub(&the_lock.waiting, 1);
		return true;
	}
	if (swap_holder(thread->slot | CLAIM, 0))
		thread->call = CALL_WAITING;
	else
		__sync_fetch_and_sub(&the_lock.waiting, 1);
	return false;
}

/* Returns true if its return need not be seen. */
static __always_inline bool call_begins(struct thread_record *thread, __u64 argument, __u64 now)
{
	__u32 waiting;

	if (takes_again(thread, now))
		return true;
	thread->settled = 1;
	if (is_elsewhere(thread, argument, now))
		return true;
	thread->call_since_ns = now;
	thread->call = CALL_WAITING;
	waiting = __sync_fetch_and_add(&the_lock.waiting, 1);
	if (the_lock.holder)
		return false;
	if (!waiting)
		the_lock.wanted_since_ns = now;
	return !waiting && claims(thread);
}

/* The acquire function returns. */
static __always_inline void call_ends(struct thread_record *thread, struct cpu_record *cpu)
{
	/* Where every return is probed, this one proves the claim. */
	if (thread->call == CALL_CLAIMING && settle_claim(thread, 0))
		return;
	if (thread->call == CALL_HOLDING)
		swap_holder(thread->slot | UNPROVEN, thread->slot);
	if (thread->call != CALL_WAITING && thread->call != CALL_CLAIMING)
		return;
	open_window();
	if (!the_lock.known) {
		/* No release since we came: it was free all the time. */
		the_lock.known = 1;
		the_lock.free_since_ns = window_start_ns;
	}
	if (!clear_holder(thread, clock_now()))
		the_lock.overlaps++;
	acquired(thread, cpu, clock_now());
}

/* --- letting go ---------------------------------------------------------------- */

static __always_inline void released(struct thread_record *from, struct cpu_record *cpu)
{
	__u64 since = take_rest_of_hold(from), now = clock_now();

	if (since != PASSED_ON)
		add_lock_time(from, HELD_RUNNING, since, now);
	histogram_add(cpu, HISTOGRAM_HOLD, from->hold_start_ns, now);
	if (from->hold_start_ns < window_start_ns)
		stream_lock(STREAM_HELD, from, false, window_start_ns);
	from->call = the_lock.asked ? CALL_LEAVING : CALL_OUTSIDE;
	if (counted(now))
		__sync_fetch_and_add(&the_lock.releases, 1);
	the_lock.last = from->slot;
	the_lock.free_since_ns = now;
	the_lock.wanted_since_ns = the_lock.waiting ? now : 0;
	/* A full barrier: whoever finds it free finds the rest too. */
	__sync_lock_test_and_set(&the_lock.holder, 0);
}

/* A thread's life up to a moment at which it runs. */
struct thread_past {
	__u64 until_ns;
	__u64 ns[THREAD_STATES];
};

/* Read again if a switch came in between; a second one in as many instructions does not. */
static __always_inline void read_past(struct thread_record *thread, struct thread_past *past)
{
	for (int tries = 0; tries < 2; tries++) {
		__u64 since = thread->since_ns;

		past->until_ns = clock_now();
		for (int state = 0; state < THREAD_STATES; state++)
			past->ns[state] = thread->ns[state];
		past->ns[THREAD_CPU] += in_window(since, past->until_ns);
		if (thread->since_ns == since)
			break;
	}
}

/*
 * The first call of all is a release: the thread has held the lock since before the
 * window, through whatever states it was in. Whose CPU it waited for then is not known.
 */
static __always_inline void held_from_the_start(struct thread_record *thread)
{
	struct thread_past past = {};

	read_past(thread, &past);
	begin_hold(thread, past.until_ns);
	the_lock.asked = 0;
	if (window_start_ns < past.until_ns)
		thread->hold_start_ns = window_start_ns;
	the_lock.known = 1;
	the_lock.half_seen += counted(past.until_ns);
	__sync_lock_test_and_set(&the_lock.holder, thread->slot);
	thread->lock_ns[HELD_RUNNING] += past.ns[THREAD_CPU];
	thread->lock_ns[HELD_BLOCKED] += past.ns[THREAD_BLOCKED] + past.ns[THREAD_LOCK_WAIT];
	thread->lock_ns[HELD_PREEMPTED_OTHER] += past.ns[THREAD_READY];
	add_lock_time(thread, FREE_IDLE, window_start_ns, thread->born_ns);
	stream_lock(STREAM_HELD, thread, false, window_start_ns);
}

/* It took the lock unseen: waiting since before we came, or after a lost claim. */
static __always_inline void acquired_unseen(struct thread_record *thread, struct cpu_record *cpu)
{
	__u64 at = later(thread->since_ns, the_lock.free_since_ns);

	if (!clear_holder(thread, at)) {
		the_lock.overlaps++;
		return;
	}
	if (!thread->settled)
		the_lock.half_seen += counted(at);
	acquired(thread, cpu, later(at, the_lock.free_since_ns));
}

/* Does the thread let go of what it has taken, as far as we know? Then catch up. */
static __always_inline void find_its_hold(struct thread_record *thread, struct cpu_record *cpu)
{
	if (thread->call == CALL_CLAIMING && settle_claim(thread, 0))
		return;
	if (!the_lock.known)
		held_from_the_start(thread);
	else
		acquired_unseen(thread, cpu);
	thread->settled = 1;
}

static __always_inline bool is_repeat(struct thread_record *thread)
{
	return thread->settled && thread->call != CALL_WAITING && thread->call != CALL_CLAIMING &&
	       thread->call != CALL_HOLDING;
}

static __always_inline void release_begins(struct thread_record *thread, struct cpu_record *cpu)
{
	if (thread->call == CALL_ELSEWHERE) {
		thread->call = CALL_OUTSIDE;
		if (counted(clock_now()))
			__sync_fetch_and_add(&other_lock(thread->call_key)->releases, 1);
		return;
	}
	open_window();
	if (is_repeat(thread)) {
		the_lock.repeats++;
		return;
	}
	/* Who lets go of it has had it, whatever we knew. */
	if (thread->call == CALL_HOLDING && !owns(thread))
		the_lock.overlaps++;
	if (thread->call != CALL_HOLDING || !owns(thread))
		find_its_hold(thread, cpu);
	if (owns(thread))
		released(thread, cpu);
}

#endif
