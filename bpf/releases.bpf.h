/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Letting go of a lock that is known by calls: the release function is entered, or one that waits
 * for a condition variable; also of what was taken before anybody looked.
 */
#ifndef SWITCHTAX_RELEASES_BPF_H
#define SWITCHTAX_RELEASES_BPF_H

#include "calls.bpf.h"

static __always_inline void released(struct call *call)
{
	struct thread_record *from = call->thread;
	struct lock_record *lock = call->lock;
	struct lock_seat *seat = call->seat;
	__u64 since = take_rest_of_hold(seat), now = clock_now();

	if (since != PASSED_ON)
		add_lock_time(lock, HELD_RUNNING, since, now);
	histogram_add(call->cpu, HISTOGRAM_HOLD, seat->hold_start_ns, now);
	if (seat->hold_start_ns < window_start_ns)
		stream_lock(lock, STREAM_HELD, from, false, window_start_ns);
	stands(from, seat, lock->asked ? CALL_LEAVING : CALL_OUTSIDE);
	if (counted(now))
		__sync_fetch_and_add(&lock->releases, 1);
	seat->condition = 0;
	lock->last = from->slot;
	lock->free_since_ns = now;
	lock->wanted_since_ns = lock->waiting ? now : 0;
	/* A full barrier: whoever finds it free finds the rest too. */
	__sync_lock_test_and_set(&lock->holder, 0);
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

/* It has held the lock since the window opened, through whatever states it was in. */
static __always_inline void add_past(struct call *call, const struct thread_past *past)
{
	struct lock_record *lock = call->lock;

	if (window_start_ns < past->until_ns)
		call->seat->hold_start_ns = window_start_ns;
	__sync_fetch_and_add(&lock->ns[HELD_RUNNING], past->ns[THREAD_CPU]);
	__sync_fetch_and_add(&lock->ns[HELD_BLOCKED],
			     past->ns[THREAD_BLOCKED] + past->ns[THREAD_LOCK_WAIT]);
	__sync_fetch_and_add(&lock->ns[HELD_PREEMPTED_OTHER], past->ns[THREAD_READY]);
	/* While it stood still for us, nobody could want its lock. */
	__sync_fetch_and_add(&lock->ns[FREE_IDLE], call->thread->cut_ns);
	add_lock_time(lock, FREE_IDLE, window_start_ns, call->thread->born_ns);
	stream_lock(lock, STREAM_HELD, call->thread, false, window_start_ns);
}

/*
 * The first call of all is a release: the thread has held the lock since before we came. Whose
 * CPU it waited for then is not known. A lock that we came to in the middle of the window has its
 * books from here on.
 */
static __always_inline void held_from_the_start(struct call *call)
{
	struct lock_record *lock = call->lock;
	struct thread_past past = {};

	read_past(call->thread, &past);
	begin_hold(call->thread, call->seat, past.until_ns);
	lock->asked = 0;
	lock->known = 1;
	lock->half_seen += counted(past.until_ns);
	__sync_lock_test_and_set(&lock->holder, call->thread->slot);
	if (lock->since_ns > window_start_ns)
		lock->since_ns = past.until_ns;
	else
		add_past(call, &past);
}

/* It took the lock unseen: waiting since before we came, or after a lost claim. */
static __always_inline void acquired_unseen(struct call *call)
{
	__u64 at = later(call->thread->since_ns, call->lock->free_since_ns);

	if (!clear_holder(call->lock, at)) {
		call->lock->overlaps++;
		return;
	}
	if (!call->thread->settled && call->seat->call == CALL_OUTSIDE)
		call->lock->half_seen += counted(at);
	acquired(call, 0, later(at, call->lock->free_since_ns));
}

/* Does the thread let go of what it has taken, as far as we know? Then catch up. */
static __always_inline void find_its_hold(struct call *call)
{
	if (call->seat->call == CALL_CLAIMING &&
	    settle_claim(call->lock, call->thread, call->seat, 0))
		return;
	if (!call->lock->known)
		held_from_the_start(call);
	else
		acquired_unseen(call);
}

static __always_inline void released_folded(struct call *call, __u64 now)
{
	struct lock_seat *seat = call->seat;

	if (seat->call == CALL_HOLDING) {
		add_lock_time(call->lock, HELD_RUNNING, seat->hold_start_ns, now);
		if (counted(now))
			__sync_fetch_and_add(&call->lock->releases, 1);
	}
	seat->condition = 0;
	stands(call->thread, seat, CALL_OUTSIDE);
}

/* Is it the end of an inner call, or of an inner hold? first: it has not called at this lock. */
static __always_inline bool is_repeat(struct call *call, bool first)
{
	struct lock_seat *seat = call->seat;

	if (seat->call == CALL_HOLDING && seat->depth) {
		seat->depth--;
		return true;
	}
	if (seat->call == CALL_WAITING || seat->call == CALL_CLAIMING ||
	    seat->call == CALL_HOLDING || seat->call == CALL_AWAY)
		return false;
	return !first || call->thread->settled;
}

static __always_inline void release_begins(struct call *call, bool first)
{
	struct lock_record *lock = call->lock;

	open_window();
	if (is_repeat(call, first)) {
		lock->repeats++;
		return;
	}
	if (is_folded(call)) {
		released_folded(call, clock_now());
		return;
	}
	/* Who lets go of it has had it, whatever we knew. */
	if (call->seat->call == CALL_HOLDING && !owns(lock, call->thread))
		lock->overlaps++;
	if (call->seat->call != CALL_HOLDING || !owns(lock, call->thread))
		find_its_hold(call);
	if (owns(lock, call->thread))
		released(call);
}

/*
 * It lets go of the lock to sleep on a condition variable, and comes back with the lock. That it
 * does so is not seen here: such functions are left by exceptions too (cancellation), which a
 * probe at the return would not survive.
 */
static __always_inline void goes_away(struct call *call, __u64 condition, bool first)
{
	release_begins(call, first);
	if (call->seat->call != CALL_OUTSIDE && call->seat->call != CALL_LEAVING)
		return;
	call->seat->condition = condition;
	call->seat->call_sp = 0;
	call->seat->unseen = 1;
	stands(call->thread, call->seat, CALL_AWAY);
}

#endif
