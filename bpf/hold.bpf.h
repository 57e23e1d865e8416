/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a context switch means for the lock.
 *
 * Only the last announced owner's switches matter. Its time is added up piece by
 * piece in the record of the thread that is running when the piece ends, so no
 * two CPUs ever write one sum. hold_since_ns is where the next piece begins. The
 * next owner may close the same hold on another CPU at the same moment, so whoever
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

/* In hold_since_ns: there is no hold, or somebody else accounts for the rest of it. */
#define PASSED_ON NEVER

/* Does the thread have the lock (announced: was it the last), as far as is known? */
static __always_inline bool owns(const struct thread_record *thread)
{
	return (the_lock.holder & ~UNPROVEN) == thread->slot;
}

static __always_inline int read_lock_page(struct announce_lock *page)
{
	if (bpf_probe_read_user(page, sizeof(*page), (const void *)the_lock.page) == 0)
		return 0;
	count_loss(LOSS_LOCK_READ);
	return -1;
}

/*
 * Atomic: the accountant may be pre-empted in the middle (docs/measurement.md), and the switch
 * adds to the same sums.
 */
static __always_inline void add_lock_time(struct thread_record *accountant,
					  enum lock_state state, __u64 from, __u64 to)
{
	__sync_fetch_and_add(&accountant->lock_ns[state], in_window(from, to));
}

/* What the owner has not accounted for was spent in this state, until then. */
static __always_inline void add_hold_until(struct thread_record *accountant,
					   struct thread_record *owner, enum lock_state state,
					   __u64 until)
{
	__u64 since = owner->hold_since_ns;

	if (until <= since ||	/* PASSED_ON is later than all */
	    __sync_val_compare_and_swap(&owner->hold_since_ns, since, until) != since)
		return;
	add_lock_time(accountant, state, since, until);
}

/*
 * The hold ends: what is not yet accounted for is the caller's, from what is returned until
 * a time that it reads after this; PASSED_ON: somebody else's.
 */
static __always_inline __u64 take_rest_of_hold(struct thread_record *owner)
{
	return __sync_lock_test_and_set(&owner->hold_since_ns, PASSED_ON);
}

/* A lock known by calls: the seat is in our own records. */
static __always_inline __u32 seat_by_calls(struct thread_record *thread)
{
	switch (thread->call) {
	case CALL_WAITING:
	case CALL_CLAIMING: return SEAT_WAITING;
	case CALL_HOLDING: return SEAT_HOLDING;
	/* CPython's release waits until somebody has taken the lock (FORCE_SWITCHING). */
	case CALL_LEAVING: return the_lock.holder ? SEAT_OUTSIDE : SEAT_WAITING;
	default: return SEAT_OUTSIDE;
	}
}

/*
 * What the thread's seat says; a thread that has left its memory is outside. The read
 * costs some 150 ns here: only for owners and sleepers, and where there is a lock.
 */
static __always_inline __u32 read_seat(struct thread_record *thread, struct task_struct *task)
{
	__u32 state = SEAT_OUTSIDE;

	if (the_lock.called)
		return seat_by_calls(thread);
	if (!thread->seat || !the_lock.page || (READ(task, flags) & PF_EXITING))
		return state;
	if (bpf_probe_read_user(&state, sizeof(state), (const void *)thread->seat)) {
		count_loss(LOSS_SEAT_READ);
		return SEAT_OUTSIDE;
	}
	return state;
}

/* When did the owner let go, if it is outside now? Also: did somebody wait? */
static __always_inline __u64 released_at(struct thread_record *owner, __u64 now)
{
	struct announce_lock page;

	if (read_lock_page(&page) || page.released_ns < owner->hold_since_ns ||
	    page.released_ns > now)
		return now;
	owner->off_wanted = page.wanted > 0;
	return page.released_ns;
}

/* The last owner leaves its CPU. */
static __always_inline void hold_switched_out(struct thread_record *owner,
					      struct cpu_record *cpu, __u32 seat, bool exiting,
					      __u64 now)
{
	bool passed_on = owner->hold_since_ns == PASSED_ON;

	owner->off_holding = seat == SEAT_HOLDING && !passed_on;
	owner->off_wanted = passed_on;
	owner->off_ours_ns = cpu->ours_ns;
	if (passed_on)
		return;
	if (!owner->off_holding && !the_lock.called) {
		/* An ending thread's memory is out of reach; a stamp can wait, it will be read. */
		if (!exiting)
			now = released_at(owner, now);
		else if (the_lock.flags & ANNOUNCE_COUNTS_GAPS)
			return;
	}
	add_hold_until(owner, owner, HELD_RUNNING, now);
}

/* Time the CPU has given to threads of the run, the running one included. */
static __always_inline __u64 ours_until(struct cpu_record *cpu, __u64 now)
{
	__u64 since = cpu->ours_since_ns;

	return cpu->ours_ns + (since && now > since ? now - since : 0);
}

/* What a stretch off the CPU was to the lock, for the timeline (struct stretch_event). */
struct hold_stretch {
	enum stretch_hold hold;
	__u64 blocked_ns;
	__u64 self_ns;
	__u64 released_ns;
};

/*
 * A pre-empted holder waited in [ready, now]. The share in which its CPU ran the
 * run's own threads is "self", the rest "other".
 */
static __always_inline void split_preempted(struct thread_record *owner, __u64 from, __u64 now,
					    struct hold_stretch *stretch)
{
	struct cpu_record *cpu = cpu_at(owner->cpu);
	__u64 ours = 0;

	if (cpu)
		ours = ours_until(cpu, now) - owner->off_ours_ns;
	if (ours > now - from)
		ours = now - from;
	add_lock_time(owner, HELD_PREEMPTED_SELF, from, from + ours);
	add_lock_time(owner, HELD_PREEMPTED_OTHER, from + ours, now);
	stretch->self_ns = ours;
}

/*
 * A holder that slept was woken and then waited for a CPU in [ready, now]. It
 * counts by who had that CPU last; waking from an idle CPU is part of the sleep.
 */
static __always_inline void split_slept(struct thread_record *owner, struct cpu_record *cpu,
					__u64 off, __u64 ready, __u64 now, bool from_ours,
					struct hold_stretch *stretch)
{
	if (cpu->idle)
		ready = now;
	add_lock_time(owner, HELD_BLOCKED, off, ready);
	add_lock_time(owner, from_ours ? HELD_PREEMPTED_SELF : HELD_PREEMPTED_OTHER, ready, now);
	stretch->blocked_ns = ready - off;
	stretch->self_ns = from_ours ? now - ready : 0;
}

/* False: somebody else has taken the hold over, or back, since it left its CPU. */
static __always_inline bool goes_on_holding(struct thread_record *owner, __u64 on)
{
	__u64 since = owner->hold_since_ns;

	return since != PASSED_ON &&
	       __sync_val_compare_and_swap(&owner->hold_since_ns, since, on) == since;
}

/* The last owner is back on a CPU; owner->cpu is still the one it left. */
static __always_inline void hold_switched_in(struct thread_record *owner, struct cpu_record *cpu,
					     struct off_stretch *off, __u32 off_state,
					     bool from_ours, struct hold_stretch *stretch)
{
	if (owner->off_holding) {
		if (!goes_on_holding(owner, off->on_ns))
			return;
		if (off_state == THREAD_READY)
			split_preempted(owner, off->off_ns, off->on_ns, stretch);
		else
			split_slept(owner, cpu, off->off_ns, off->ready_ns, off->on_ns, from_ours,
				    stretch);
		stretch->hold = STRETCH_KEPT;
	} else if (!owner->off_wanted) {
		stretch->released_ns = owner->hold_since_ns;
		stretch->hold = STRETCH_FREE;
		/*
		 * It let go, nobody wanted the lock, and nobody has taken it. A lock
		 * that counts its own gaps will report this one; else it ends here.
		 */
		if (the_lock.flags & ANNOUNCE_COUNTS_GAPS)
			return;
		add_hold_until(owner, owner, FREE_IDLE, off->on_ns);
	}
}

#endif
