/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An acquisition that is taken for granted: a claim.
 *
 * A thread that calls for a lock which is free for certain gets it, or so it seems, and the
 * trap at its return is spared. Until something shows that it has the lock, the claim is
 * only a mark in the_lock.holder, set and taken back by compare-and-swap: nothing is
 * counted, so nothing has to be undone if another thread was faster after all.
 *
 * Its own release settles the claim. So does the loss of its CPU, but that proves nothing:
 * such a hold stays UNPROVEN until the release, and can still be taken back.
 *
 * A CPU may stand still anywhere in here for as long as its hypervisor likes, while others go on:
 * each step is one swap of the word that says all, and what a thread's record has to say by then
 * is in it before.
 */
#ifndef SWITCHTAX_CLAIM_BPF_H
#define SWITCHTAX_CLAIM_BPF_H

#include "thread.bpf.h"

/* A thread that was not the fastest goes to sleep this soon after its call. */
#define CLAIM_LOSER_NS 100000

/* The first to change the word has it; what it was before is returned. */
static __always_inline bool swap_holder(__u32 from, __u32 to)
{
	return __sync_val_compare_and_swap(&the_lock.holder, from, to) == from;
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
static __always_inline struct thread_record *count_acquisition(struct thread_record *to,
							       struct free_lock *free, __u64 now)
{
	struct thread_record *from = thread_at(free->last);

	if (!counted(now))
		return NULL;
	__sync_fetch_and_add(&to->acquisitions, 1);
	__sync_fetch_and_add(&the_lock.own_acquisitions, 1);
	if (!from || from == to)
		return NULL;
	__sync_fetch_and_add(&to->handoffs_in, 1);
	__sync_fetch_and_add(&the_lock.handoffs, 1);
	__sync_fetch_and_add(&the_lock.handoffs_forced, free->asked);
	return from;
}

static __always_inline struct free_lock look_at_free_lock(void)
{
	struct free_lock free = {
		.since_ns = the_lock.free_since_ns,
		.wanted_ns = the_lock.wanted_since_ns,
		.last = the_lock.last,
		.asked = the_lock.asked,
	};

	return free;
}

/* The thread's side of it: it has the lock since `now`. */
static __always_inline void begin_hold(struct thread_record *to, __u64 now)
{
	to->hold_start_ns = now;
	to->off_holding = 0;
	to->hold_since_ns = now;
	to->call = CALL_HOLDING;
}

/* The lock's side. */
static __always_inline void is_taken_by(struct thread_record *to, struct free_lock *free,
					__u64 now)
{
	if (free->last && free->last != to->slot)
		the_lock.switched_ns = now;
	the_lock.asked = 0;
	the_lock.wanted_since_ns = 0;
}

/* A switch that came between a question and its answer has settled the claim already. */
static __always_inline bool is_settled(struct thread_record *thread, __u32 proof)
{
	if (!proof)
		swap_holder(thread->slot | UNPROVEN, thread->slot);
	return owns(thread);
}

/*
 * The claim was right, or seems to be (UNPROVEN): the lock was free until the thread called.
 * False: it was not, somebody else has taken it back. A thread with a claim has no hold yet.
 */
static __always_inline bool settle_claim(struct thread_record *thread, __u32 proof)
{
	struct free_lock free = look_at_free_lock();
	__u64 at = later(thread->call_since_ns, free.since_ns);

	thread->hold_start_ns = at;
	if (__sync_val_compare_and_swap(&thread->hold_since_ns, PASSED_ON, at) != PASSED_ON)
		return is_settled(thread, proof);
	thread->off_holding = 0;
	thread->call = CALL_HOLDING;
	if (!swap_holder(thread->slot | CLAIM, thread->slot | proof)) {
		thread->hold_since_ns = PASSED_ON;
		thread->call = CALL_WAITING;
		return false;
	}
	is_taken_by(thread, &free, at);
	add_lock_time(thread, FREE_IDLE, free.since_ns, at);
	count_acquisition(thread, &free, at);
	return true;
}

/* The claim was wrong: the thread waits. It has no return probe, so its end stays unseen. */
static __always_inline void lose_claim(struct thread_record *thread)
{
	thread->call = CALL_WAITING;
	__sync_fetch_and_add(&the_lock.waiting, 1);
	__sync_fetch_and_add(&the_lock.lost_claims, 1);
}

/*
 * A thread with a claim loses its CPU. Asleep on a futex right after its call, it waits for
 * the lock; else it has the lock, as far as anybody can know.
 */
static __always_inline void claim_switched_out(struct thread_record *thread, bool on_futex,
					       __u64 now)
{
	if (the_lock.holder != (thread->slot | CLAIM))	/* not yet, or not any more */
		return;
	if (!on_futex || now - thread->call_since_ns >= CLAIM_LOSER_NS)
		settle_claim(thread, UNPROVEN);
	else if (swap_holder(thread->slot | CLAIM, 0))
		lose_claim(thread);
}

#endif
