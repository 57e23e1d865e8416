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
 * such a claim stays unconfirmed until the release, and can still be taken back.
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
	to->acquisitions++;
	__sync_fetch_and_add(&the_lock.own_acquisitions, 1);
	if (!from || from == to)
		return NULL;
	to->handoffs_in++;
	the_lock.handoffs++;
	the_lock.handoffs_forced += free->asked;
	return from;
}

/* The thread has the lock since `now`; what it was before is returned. */
static __always_inline struct free_lock begin_hold(struct thread_record *to, __u64 now)
{
	struct free_lock free = {
		.since_ns = the_lock.free_since_ns,
		.wanted_ns = the_lock.wanted_since_ns,
		.last = the_lock.last,
		.asked = the_lock.asked,
	};

	if (free.last && free.last != to->slot)
		the_lock.switched_ns = now;
	to->hold_start_ns = now;
	to->off_holding = 0;
	to->hold_since_ns = now;
	to->call = CALL_HOLDING;
	the_lock.asked = 0;
	the_lock.wanted_since_ns = 0;
	return free;
}

/* The claim was right: the lock was free until the thread called. */
static __always_inline void settle_claim(struct thread_record *thread)
{
	__u64 at = later(thread->call_since_ns, the_lock.free_since_ns);
	struct free_lock free = begin_hold(thread, at);

	add_lock_time(thread, FREE_IDLE, free.since_ns, at);
	count_acquisition(thread, &free, at);
}

/* The claim was wrong: the thread waits. It has no return probe, so its end stays unseen. */
static __always_inline void lose_claim(struct thread_record *thread)
{
	thread->call = CALL_WAITING;
	__sync_fetch_and_add(&the_lock.waiting, 1);
	the_lock.lost_claims++;
}

/*
 * A thread with a claim loses its CPU. Asleep on a futex right after its call, it waits for
 * the lock; else it has the lock, as far as anybody can know.
 */
static __always_inline void claim_switched_out(struct thread_record *thread, bool on_futex,
					       __u64 now)
{
	__u32 claim = thread->slot | CLAIM;

	if (on_futex && now - thread->call_since_ns < CLAIM_LOSER_NS) {
		if (swap_holder(claim, 0))
			lose_claim(thread);
	} else if (swap_holder(claim, thread->slot)) {
		the_lock.unconfirmed = 1;
		settle_claim(thread);
	}
}

#endif
