/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An acquisition that is taken for granted: a claim.
 *
 * A thread that calls for a lock which is free for certain gets it, or so it seems, and the
 * trap at its return is spared. Until something shows that it has the lock, the claim is
 * only a mark in the lock's holder, set and taken back by compare-and-swap: nothing is
 * counted, so nothing has to be undone if another thread was faster after all.
 *
 * Its own release settles the claim. So does the loss of its CPU, but that proves nothing:
 * such a hold stays UNPROVEN until the release, and can still be taken back. It is lost if the
 * thread sleeps on a futex of that lock: any other sleep is a sleep with the lock. So claims are
 * for locks only whose futexes are known.
 *
 * A CPU may stand still anywhere in here for as long as its hypervisor likes, while others go on:
 * each step is one swap of the word that says all, and what a thread's record has to say by then
 * is in it before.
 */
#ifndef SWITCHTAX_CLAIM_BPF_H
#define SWITCHTAX_CLAIM_BPF_H

#include "thread.bpf.h"

/* The first to change the word has it; what it was before is returned. */
static __always_inline bool swap_holder(struct lock_record *lock, __u32 from, __u32 to)
{
	return __sync_val_compare_and_swap(&lock->holder, from, to) == from;
}

static __always_inline bool counted(__u64 now)
{
	return in_window(now, now + 1);
}

/* What the lock was when a thread took it, for the books that are kept afterwards. */
struct free_lock {
	__u64 since_ns;
	__u64 wanted_ns;
	__u32 last;
	__u32 asked;
};

/* Returns the last holder if the lock has changed hands, and counts. */
static __always_inline struct thread_record *count_acquisition(struct lock_record *lock,
							       struct thread_record *to,
							       struct free_lock *free, __u64 now)
{
	struct thread_record *from = thread_at(free->last);

	if (!counted(now))
		return NULL;
	__sync_fetch_and_add(&to->acquisitions, 1);
	__sync_fetch_and_add(&lock->acquisitions, 1);
	if (!from || from == to)
		return NULL;
	__sync_fetch_and_add(&to->handoffs_in, 1);
	__sync_fetch_and_add(&lock->handoffs, 1);
	__sync_fetch_and_add(&lock->handoffs_forced, free->asked);
	return from;
}

static __always_inline struct free_lock look_at_free_lock(struct lock_record *lock)
{
	struct free_lock free = {
		.since_ns = lock->free_since_ns,
		.wanted_ns = lock->wanted_since_ns,
		.last = lock->last,
		.asked = lock->asked,
	};

	return free;
}

/* Where it stands, and at most one seat says that it waits. */
static __always_inline void stands(struct thread_record *thread, struct lock_seat *seat,
				   enum call_seat call)
{
	seat->call = call;
	if (call == CALL_WAITING || call == CALL_CLAIMING)
		thread->waits = seat->number;
	else if (thread->waits == seat->number)
		thread->waits = 0;
}

/* The thread's side of it: it has the lock since `now`. */
static __always_inline void begin_hold(struct thread_record *to, struct lock_seat *seat, __u64 now)
{
	seat->hold_start_ns = now;
	seat->off_holding = 0;
	seat->depth = 0;
	seat->hold_since_ns = now;
	stands(to, seat, CALL_HOLDING);
}

/* The lock's side. */
static __always_inline void is_taken_by(struct lock_record *lock, struct thread_record *to,
					struct free_lock *free, __u64 now)
{
	if (free->last && free->last != to->slot)
		lock->switched_ns = now;
	lock->asked = 0;
	lock->wanted_since_ns = 0;
}

/* A switch that came between a question and its answer has settled the claim already. */
static __always_inline bool is_settled(struct lock_record *lock, struct thread_record *thread,
				       __u32 proof)
{
	if (!proof)
		swap_holder(lock, thread->slot | UNPROVEN, thread->slot);
	return owns(lock, thread);
}

/*
 * The claim was right, or seems to be (UNPROVEN): the lock was free until the thread called.
 * False: it was not, somebody else has taken it back. A thread with a claim has no hold yet.
 */
static __always_inline bool settle_claim(struct lock_record *lock, struct thread_record *thread,
					 struct lock_seat *seat, __u32 proof)
{
	struct free_lock free = look_at_free_lock(lock);
	__u64 at = later(seat->call_since_ns, free.since_ns);

	seat->hold_start_ns = at;
	if (__sync_val_compare_and_swap(&seat->hold_since_ns, PASSED_ON, at) != PASSED_ON)
		return is_settled(lock, thread, proof);
	seat->off_holding = 0;
	seat->depth = 0;
	stands(thread, seat, CALL_HOLDING);
	if (!swap_holder(lock, thread->slot | CLAIM, thread->slot | proof)) {
		seat->hold_since_ns = PASSED_ON;
		stands(thread, seat, CALL_WAITING);
		return false;
	}
	is_taken_by(lock, thread, &free, at);
	add_lock_time(lock, FREE_IDLE, free.since_ns, at);
	count_acquisition(lock, thread, &free, at);
	return true;
}

/* The claim was wrong: the thread waits. It has no return probe, so its end stays unseen. */
static __always_inline void lose_claim(struct lock_record *lock, struct thread_record *thread,
				       struct lock_seat *seat)
{
	seat->unseen = 1;
	stands(thread, seat, CALL_WAITING);
	__sync_fetch_and_add(&lock->waiting, 1);
	__sync_fetch_and_add(&lock->lost_claims, 1);
}

/* Is the futex, on which a thread is going to sleep, one of the lock's own? */
static __always_inline bool is_word_of(const struct lock_record *lock, __u64 futex)
{
	struct watched_process *watched = watched_at(lock->watched);
	__u64 from;

	if (!watched || !futex)
		return false;
	from = lock->key ? lock->key : watched->main_key;
	if (watched->words_address)
		from = watched->words;
	return futex - from < watched->words_size;
}

/*
 * A thread with a claim loses its CPU. Asleep on the lock's own futex, it waits for the lock;
 * else it has the lock, as far as anybody can know.
 */
static __always_inline void claim_switched_out(struct lock_record *lock,
					       struct thread_record *thread,
					       struct lock_seat *seat, __u64 futex)
{
	if (lock->holder != (thread->slot | CLAIM))	/* not yet, or not any more */
		return;
	if (!is_word_of(lock, futex))
		settle_claim(lock, thread, seat, UNPROVEN);
	else if (swap_holder(lock, thread->slot | CLAIM, 0))
		lose_claim(lock, thread, seat);
}

#endif
