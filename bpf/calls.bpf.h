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

#include "lock.bpf.h"
#include "lock_table.bpf.h"

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

/* Who calls, at which lock. */
struct call {
	struct thread_record *thread;
	struct cpu_record *cpu;
	struct watched_process *watched;
	struct lock_record *lock;
	struct lock_seat *seat;
};

/* --- taking it ----------------------------------------------------------------- */

/* The free time ends at `now`: nobody wanted it at first, then somebody did. */
static __always_inline struct handoff_walk free_until(struct call *call, struct free_lock *free,
						      __u64 now)
{
	__u64 wanted = free->wanted_ns ? free->wanted_ns : call->seat->call_since_ns;
	struct handoff_walk walk = { .lock = call->lock, .owner = call->thread, .until = now };

	walk.released = later(free->since_ns, wanted < now ? wanted : now);
	add_lock_time(call->lock, FREE_IDLE, free->since_ns, walk.released);
	if (walk.released < now) {
		split_handoff(&walk);
		histogram_add(call->cpu, HISTOGRAM_HANDOFF, walk.released, now);
	}
	return walk;
}

/*
 * A timeline shows the lock free only where a hand-off or a switch makes it worth an event:
 * a lock may be let go of and taken again by one thread many times between two switches.
 */
static __always_inline void stream_acquired(struct call *call, struct thread_record *from,
					    struct free_lock *free, struct handoff_walk *walk,
					    __u64 now)
{
	struct lock_taking taking = { .released = free->since_ns, .taken = now,
				      .wanted = walk->released, .forced = free->asked };
	struct thread_record *last = thread_at(free->last), *to = call->thread;

	if (from || !last || last != to || to->since_ns > free->since_ns ||
	    free->since_ns <= window_start_ns)
		stream_taking(call->lock, last, to, &taking, &walk->parts);
}

/*
 * The thread has the lock since `now`, for certain or without proof; nobody else is in here with
 * the same lock.
 */
static __always_inline void acquired(struct call *call, __u32 proof, __u64 now)
{
	bool waited = call->seat->call == CALL_WAITING;
	struct free_lock free = look_at_free_lock(call->lock);
	struct thread_record *from;
	struct handoff_walk walk;

	now = later(now, free.since_ns);
	begin_hold(call->thread, call->seat, now);
	is_taken_by(call->lock, call->thread, &free, now);
	/* The holder before the waiters: whoever finds nobody waiting finds the holder. */
	__sync_lock_test_and_set(&call->lock->holder, call->thread->slot | proof);
	if (waited)
		__sync_fetch_and_sub(&call->lock->waiting, 1);
	walk = free_until(call, &free, now);
	from = count_acquisition(call->lock, call->thread, &free, now);
	if (streams(call->lock))
		stream_acquired(call, from, &free, &walk, now);
}

/* A hold that nothing has proven was none: take it back, with what was counted. */
static __always_inline void undo_hold(struct lock_record *lock, struct thread_record *loser,
				      struct lock_seat *seat, __u64 now)
{
	bool handed = lock->last && lock->last != loser->slot;
	__u64 since = take_rest_of_hold(seat);

	if (since != PASSED_ON) {
		lock->free_since_ns = since;
		if (loser->state == THREAD_CPU && now > since) {
			add_lock_time(lock, HELD_RUNNING, since, now);
			lock->free_since_ns = now;
		}
	}
	if (counted(seat->hold_start_ns)) {
		__sync_fetch_and_add(&loser->acquisitions, -1);
		__sync_fetch_and_add(&lock->acquisitions, -1);
		__sync_fetch_and_add(&lock->handoffs, -(__u64)handed);
		__sync_fetch_and_add(&loser->handoffs_in, -(__u64)handed);
	}
	lose_claim(lock, loser, seat);
}

/*
 * Somebody else than the thread that is about to have the lock is taken to have it. False:
 * for good reason, so two have it at once. A claim may be settled while we look.
 */
static __always_inline bool clear_holder(struct lock_record *lock, __u64 now)
{
	for (int tries = 0; tries < 2; tries++) {
		__u32 holder = lock->holder;
		struct thread_record *other = thread_at(HOLDER_SLOT(holder));
		struct lock_seat *seat = other ? seat_of_holder(other, lock) : NULL;

		if (!other)
			return true;
		if (!(holder & (CLAIM | UNPROVEN)) || !seat)
			return false;
		if (!swap_holder(lock, holder, 0))
			continue;
		if (holder & CLAIM)
			lose_claim(lock, other, seat);
		else
			undo_hold(lock, other, seat, now);
		return true;
	}
	return false;
}

/*
 * Has the last holder been through its release? It was seen at its beginning, and then the
 * thread may have lost its CPU: it must have run on for a while, or have gone to sleep.
 */
static __always_inline bool has_let_go(const struct lock_record *lock,
				       const struct thread_record *last, __u64 now)
{
	__u64 since = later(lock->free_since_ns, last->since_ns);

	if (last->state == THREAD_READY)
		return last->since_ns > lock->free_since_ns + CLAIM_GUARD_NS;
	return last->state != THREAD_CPU || now > since + CLAIM_GUARD_NS;
}

/* May it be taken for granted that a thread which comes now gets the lock at once? */
static __always_inline bool surely_free(const struct call *call, __u64 now)
{
	const struct thread_record *last = thread_at(call->lock->last);

	if (streaming || !call->watched->words_size || !call->lock->known ||
	    now < call->watched->claims_from_ns)
		return false;
	return !last || last == call->thread || has_let_go(call->lock, last, now);
}

/* What a glibc mutex says of itself (struct __pthread_mutex_s, PTHREAD_MUTEX_RECURSIVE_NP). */
#define MUTEX_KIND 16
#define MUTEX_KIND_MASK 3
#define MUTEX_RECURSIVE 1

static __always_inline bool is_recursive(const struct lock_record *lock)
{
	__u32 kind = 0;

	bpf_probe_read_user(&kind, sizeof(kind), (const void *)(lock->key + MUTEX_KIND));
	return (kind & MUTEX_KIND_MASK) == MUTEX_RECURSIVE;
}

/* A release has not been seen, and the counts are to show that. */
static __always_inline void count_again(struct call *call)
{
	__sync_fetch_and_add(&call->thread->acquisitions, 1);
	__sync_fetch_and_add(&call->lock->acquisitions, 1);
}

/*
 * A thread calls that has called already. A clone that calls another is the same call; and a
 * recursive lock is taken once more.
 */
static __always_inline bool takes_again(struct call *call, __u64 now)
{
	struct lock_seat *seat = call->seat;

	if (seat->call == CALL_CLAIMING && !call->watched->nests)
		settle_claim(call->lock, call->thread, seat, 0);
	if (seat->call == CALL_HOLDING && !owns(call->lock, call->thread)) {
		call->lock->overlaps++;
		stands(call->thread, seat, CALL_OUTSIDE);
		return false;
	}
	if (seat->call == CALL_HOLDING && call->watched->recursive == RECURSIVE_MUTEX)
		seat->depth += is_recursive(call->lock);
	else if (seat->call == CALL_HOLDING && !call->watched->nests && counted(now))
		count_again(call);
	if (seat->call != CALL_WAITING && seat->call != CALL_CLAIMING && seat->call != CALL_HOLDING)
		return false;
	call->lock->repeats++;
	return true;
}

/*
 * Take it for granted, if that may be: first the mark, which keeps the lock as it is, then the
 * question. A claim that was settled meanwhile is proven by its return.
 */
static __always_inline bool claims(struct call *call)
{
	struct thread_record *thread = call->thread;
	struct lock_record *lock = call->lock;

	if (!surely_free(call, clock_now()))
		return false;
	stands(thread, call->seat, CALL_CLAIMING);
	if (!swap_holder(lock, 0, thread->slot | CLAIM)) {
		stands(thread, call->seat, CALL_WAITING);
		return false;
	}
	if (surely_free(call, clock_now())) {
		__sync_fetch_and_sub(&lock->waiting, 1);
		return true;
	}
	if (swap_holder(lock, thread->slot | CLAIM, 0))
		stands(thread, call->seat, CALL_WAITING);
	else
		__sync_fetch_and_sub(&lock->waiting, 1);
	return false;
}

/* Of locks that found no record: sums only. */
static __always_inline bool is_folded(const struct call *call)
{
	return call->lock->index == 0;
}

/*
 * It takes again what it has: if it comes back from that, it has to let go twice. Until then it
 * holds the lock, and says that it waits.
 */
static __always_inline bool takes_deeper(struct call *call, __u64 sp)
{
	struct lock_seat *seat = call->seat;

	if (call->watched->recursive != RECURSIVE_SEEN || seat->call != CALL_HOLDING ||
	    !owns(call->lock, call->thread))
		return false;
	seat->call_sp = sp;
	call->thread->waits = seat->number;
	return true;
}

static __always_inline bool is_deeper(const struct thread_record *thread,
				      const struct lock_seat *seat)
{
	return seat->call == CALL_HOLDING && thread->waits == seat->number;
}

/*
 * Returns true if its return need not be seen; asked: it is to be seen in any case, since it may
 * have failed, or is left otherwise. sp: see struct lock_seat.
 */
static __always_inline bool call_begins(struct call *call, bool asked, __u64 sp, __u64 now)
{
	struct lock_record *lock = call->lock;
	__u32 waiting;

	if (takes_deeper(call, sp))
		return false;
	/* A try by its holder fails, or goes deeper. */
	if (takes_again(call, now))
		return true;
	call->seat->call_since_ns = now;
	call->seat->call_sp = sp;
	call->seat->condition = 0;
	call->seat->unseen = 0;
	stands(call->thread, call->seat, CALL_WAITING);
	if (is_folded(call))
		return false;
	waiting = __sync_fetch_and_add(&lock->waiting, 1);
	if (lock->holder)
		return false;
	if (!waiting)
		lock->wanted_since_ns = now;
	return !waiting && !asked && claims(call);
}

/* It has not got the lock: it was a try, or the time was over. */
static __always_inline void call_fails(struct lock_record *lock, struct thread_record *thread,
				       struct lock_seat *seat)
{
	seat->call_sp = 0;
	if (is_deeper(thread, seat))
		thread->waits = 0;
	if (seat->call != CALL_WAITING)
		return;
	stands(thread, seat, CALL_OUTSIDE);
	if (lock->index && __sync_fetch_and_sub(&lock->waiting, 1) == 1)
		lock->wanted_since_ns = 0;
}

/* No thread is that deep in calls; another stack (of a signal's handler) is farther away. */
#define DEEPEST (1 << 20)

/*
 * A call that is probed at its return instructions, and whose part of the stack is gone, has been
 * left by an exception or by a jump: with sp as it was when it began, or above.
 */
static __always_inline bool is_left(const struct lock_seat *seat, __u64 sp)
{
	return seat->call_sp && sp - seat->call_sp < DEEPEST;
}

/* The thread is in a function that is called with this. */
static __always_inline void leave_call(struct thread_record *thread, __u64 sp)
{
	__u32 place = thread->waits - 1;
	struct lock_record *lock;

	if (place >= LOCK_SEATS || !is_left(&thread->seats[place], sp))
		return;
	lock = lock_at(thread->seats[place].lock);
	if (lock)
		call_fails(lock, thread, &thread->seats[place]);
}

static __always_inline void acquired_folded(struct call *call, __u64 now)
{
	begin_hold(call->thread, call->seat, now);
	if (!counted(now))
		return;
	__sync_fetch_and_add(&call->thread->acquisitions, 1);
	__sync_fetch_and_add(&call->lock->acquisitions, 1);
}

/* The acquire function returns. */
static __always_inline void call_ends(struct call *call)
{
	struct lock_record *lock = call->lock;
	struct lock_seat *seat = call->seat;

	if (is_deeper(call->thread, seat)) {
		call->thread->waits = 0;
		seat->depth++;
		lock->repeats++;
		return;
	}
	/* Where every return is probed, this one proves the claim. */
	if (seat->call == CALL_CLAIMING && settle_claim(lock, call->thread, seat, 0))
		return;
	if (seat->call == CALL_HOLDING)
		swap_holder(lock, call->thread->slot | UNPROVEN, call->thread->slot);
	if (seat->call != CALL_WAITING && seat->call != CALL_CLAIMING)
		return;
	open_window();
	if (is_folded(call)) {
		acquired_folded(call, clock_now());
		return;
	}
	if (!lock->known) {
		/* No release since we came: it was free all the time. */
		lock->known = 1;
		lock->free_since_ns = later(window_start_ns, lock->since_ns);
	}
	if (!clear_holder(lock, clock_now()))
		lock->overlaps++;
	acquired(call, 0, clock_now());
}

#endif
