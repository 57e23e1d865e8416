/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a context switch means for a lock.
 *
 * Only its (last announced) owner's switches matter. The lock's time is added up piece by
 * piece in its record, atomically: a switch and an acquisition may come at once on two CPUs.
 * hold_since_ns is where the next piece begins. The next owner may close the same hold on another CPU at the same moment, so whoever
 * adds a piece takes it with an atomic step, and who ends the hold leaves PASSED_ON.
 *
 * A program at a uprobe may be pre-empted in the middle where the kernel can (PREEMPT_RT,
 * preempt=full, and "lazy" since Linux 6.13), and a switch then finds what it has written so
 * far. So it first makes the transition, in steps each of which a switch may follow, and keeps
 * the books afterwards from a copy of what it found; and it reads the clock after it has taken
 * what a switch would have accounted for, never before.
 */
#ifndef SWITCHTAX_HOLD_BPF_H
#define SWITCHTAX_HOLD_BPF_H

#include "target.bpf.h"
#include "include/announce.h"
#include "include/wait.h"

/* In hold_since_ns: there is no hold, or somebody else accounts for the rest of it. */
#define PASSED_ON NEVER

/* Does the thread have the lock (announced: was it the last), as far as is known? */
static __always_inline bool owns(const struct lock_record *lock,
				 const struct thread_record *thread)
{
	return (lock->holder & ~UNPROVEN) == thread->slot;
}

static __always_inline int read_lock_page(struct lock_record *lock, struct announce_lock *page)
{
	if (bpf_probe_read_user(page, sizeof(*page), (const void *)lock->page) == 0)
		return 0;
	count_loss(LOSS_LOCK_READ);
	return -1;
}

static __always_inline void add_lock_time(struct lock_record *lock, enum lock_state state,
					  __u64 from, __u64 to)
{
	__sync_fetch_and_add(&lock->ns[state], in_window(later(from, lock->since_ns), to));
}

/* What the owner has not accounted for was spent in this state, until then. */
static __always_inline void add_hold_until(struct lock_record *lock, struct lock_seat *seat,
					   enum lock_state state, __u64 until)
{
	__u64 since = seat->hold_since_ns;

	if (until <= since ||	/* PASSED_ON is later than all */
	    __sync_val_compare_and_swap(&seat->hold_since_ns, since, until) != since)
		return;
	add_lock_time(lock, state, since, until);
}

/*
 * The hold ends: what is not yet accounted for is the caller's, from what is returned until
 * a time that it reads after this; PASSED_ON: somebody else's.
 */
static __always_inline __u64 take_rest_of_hold(struct lock_seat *seat)
{
	return __sync_lock_test_and_set(&seat->hold_since_ns, PASSED_ON);
}

/*
 * What the thread's announced seat says; a thread that has left its memory is outside. The
 * read costs some 150 ns here: only for owners and sleepers, and where there is a lock.
 */
static __always_inline __u32 read_seat(struct thread_record *thread, bool exiting)
{
	__u32 state = SEAT_OUTSIDE;

	if (exiting)
		return state;
	if (bpf_probe_read_user(&state, sizeof(state), (const void *)thread->seat)) {
		count_loss(LOSS_SEAT_READ);
		return SEAT_OUTSIDE;
	}
	return state;
}

/* When did the owner let go, if it is outside now? Also: did somebody wait? */
static __always_inline __u64 released_at(struct lock_record *lock, struct lock_seat *seat,
					 __u64 now)
{
	struct announce_lock page;

	if (read_lock_page(lock, &page) || page.released_ns < seat->hold_since_ns ||
	    page.released_ns > now)
		return now;
	seat->off_wanted = page.wanted > 0;
	return page.released_ns;
}

/*
 * Where a thread's stretches since the lock was last taken are more than are remembered: when was
 * it let go of? Asked of a thread that leaves its CPU, since only its own memory can be read.
 */
static __always_inline void note_release(const struct lock_record *lock,
					 struct thread_record *thread, __u64 now)
{
	const struct announce_lock *page = (const struct announce_lock *)lock->page;
	__u64 released = 0;

	if (thread->off_count < OFF_HISTORY ||
	    thread->off[thread->off_count % OFF_HISTORY].on_ns <= lock->switched_ns ||
	    bpf_probe_read_user(&released, sizeof(released), &page->released_ns))
		return;
	thread->freed_ns = released < lock->switched_ns ? now : released;
}

/* The (last) owner leaves its CPU. */
static __always_inline void hold_switched_out(struct lock_record *lock, struct lock_seat *seat,
					      bool holding, bool exiting, __u64 now)
{
	bool passed_on = seat->hold_since_ns == PASSED_ON;

	seat->off_holding = holding && !passed_on;
	seat->off_wanted = passed_on;
	if (passed_on)
		return;
	if (!seat->off_holding && lock->page) {
		/* An ending thread's memory is out of reach; a stamp can wait, it will be read. */
		if (!exiting)
			now = released_at(lock, seat, now);
		else if (lock->flags & ANNOUNCE_COUNTS_GAPS)
			return;
	}
	add_hold_until(lock, seat, HELD_RUNNING, now);
}

/* The program announces its lock: there is no other (announce.h). */
static __always_inline bool is_announced(void)
{
	return streamed_lock == ANNOUNCED_LOCK;
}

/* What a stretch off the CPU was to the lock, for the timeline (struct stretch_event). */
struct hold_stretch {
	enum stretch_hold hold;
	__u32 padding;
	__u64 released_ns;
};

/* A thread comes back to a CPU: where it was meanwhile, and what that was to its locks. */
struct comeback {
	struct off_stretch off;
	__u32 off_state;	/* enum thread_state, of the time from off to ready */
	__u32 padding;		/* Linux 5.15 lets nothing pass that is not written */
	struct hold_stretch hold;	/* of the lock that a timeline shows */
};

/* The holder slept, or not, and waited for a CPU. */
static __always_inline void split_hold(struct lock_record *lock, const struct comeback *back)
{
	const struct off_stretch *off = &back->off;
	__u64 throttled = wait__throttled_until(off), self = wait__self_until(off);

	add_lock_time(lock, HELD_THROTTLED, off->ready_ns, throttled);
	if (back->off_state == THREAD_READY) {
		add_lock_time(lock, HELD_PREEMPTED_SELF, throttled, self);
		add_lock_time(lock, HELD_PREEMPTED_OTHER, self, off->on_ns);
	} else {
		add_lock_time(lock, HELD_BLOCKED, off->off_ns, off->ready_ns);
		add_lock_time(lock, HELD_WAKING, throttled, off->on_ns);
	}
}

/* False: somebody else has taken the hold over, or back, since it left its CPU. */
static __always_inline bool goes_on_holding(struct lock_seat *seat, __u64 on)
{
	__u64 since = seat->hold_since_ns;

	return since != PASSED_ON &&
	       __sync_val_compare_and_swap(&seat->hold_since_ns, since, on) == since;
}

/* The (last) owner is back on a CPU. */
static __always_inline void hold_switched_in(struct lock_record *lock, struct lock_seat *seat,
					     struct comeback *back, struct hold_stretch *stretch)
{
	const struct off_stretch *off = &back->off;

	if (seat->off_holding) {
		if (!goes_on_holding(seat, off->on_ns))
			return;
		split_hold(lock, back);
		stretch->hold = STRETCH_KEPT;
	} else if (!seat->off_wanted) {
		stretch->released_ns = seat->hold_since_ns;
		stretch->hold = STRETCH_FREE;
		/*
		 * It let go, nobody wanted the lock, and nobody has taken it. A lock
		 * that counts its own gaps will report this one; else it ends here.
		 */
		if (lock->flags & ANNOUNCE_COUNTS_GAPS)
			return;
		add_hold_until(lock, seat, FREE_IDLE, off->on_ns);
	}
}

#endif
