// SPDX-License-Identifier: GPL-2.0-or-later
// What a context switch means to all the locks that its thread wants or holds. Functions that the
// verifier looks at by themselves, and that are called only where a thread has come to a lock.
#include "calls.bpf.h"

/* sizeof(pthread_cond_t) of glibc, on any 64-bit machine. */
#define CONDITION_BYTES 48

/* Does a thread that sleeps now sleep because of the lock? */
static __always_inline bool waits_at(const struct lock_record *lock, const struct lock_seat *seat)
{
	switch (seat->call) {
	case CALL_WAITING:
	case CALL_CLAIMING: return true;
	/* CPython's release waits until somebody has taken the lock (FORCE_SWITCHING). */
	case CALL_LEAVING: return !lock->holder;
	default: return false;
	}
}

/*
 * Verified by itself, once a program: every way through it times every way through a hand-off was
 * most of what the verifier had to do (376,000 instructions of a release; 92,000 since).
 */
__noinline __u64 add_part(struct lock_record *lock, __u32 state, __u64 from, __u64 to)
{
	if (!lock || state >= LOCK_STATES || to <= from)
		return 0;
	add_lock_time(lock, state, from, to);
	return to - from;
}

/* --- a thread goes -------------------------------------------------------------- */

/* What it sleeps on shows that it has not got what it was taken to have. */
static __always_inline void take_back(struct lock_record *lock, struct thread_record *thread,
				      struct lock_seat *seat, __u64 now)
{
	if (seat->call == CALL_HOLDING && swap_holder(lock, thread->slot | UNPROVEN, 0))
		undo_hold(lock, thread, seat, now);
}

static __always_inline bool is_of_condition(const struct lock_seat *seat, __u64 futex)
{
	return seat->condition && futex - seat->condition < CONDITION_BYTES;
}

/* It sleeps on a futex: one of the lock's, one of the condition variable's, or any other. */
static __always_inline void sleeps_on(struct lock_record *lock, struct thread_record *thread,
				      struct lock_seat *seat, __u64 now)
{
	bool away = is_of_condition(seat, thread->futex);

	if (!away && !is_word_of(lock, thread->futex))
		return;
	take_back(lock, thread, seat, now);
	if (away && seat->call == CALL_WAITING) {
		__sync_fetch_and_sub(&lock->waiting, 1);
		stands(thread, seat, CALL_AWAY);
	}
}

/*
 * Has the thread left the acquire function, though not by its return? Inside of it, its stack
 * reaches as far as when it was called, or farther.
 */
static __always_inline bool stands_above(const struct lock_seat *seat)
{
	return is_left(seat, READ(user_registers(current_task()), sp) - 1);
}

static __always_inline bool seat_switched_out(struct thread_record *thread, struct lock_seat *seat,
					      __u32 how, __u64 now)
{
	struct lock_record *lock = lock_at(seat->lock);

	if (!lock || seat->call == CALL_OUTSIDE)
		return false;
	if (seat->call_sp && thread->waits == seat->number && stands_above(seat))
		call_fails(lock, thread, seat);
	if (seat->call == CALL_CLAIMING)
		claim_switched_out(lock, thread, seat, how & OUT_SLEEPS ? thread->futex : 0);
	if (how & OUT_SLEEPS && thread->futex)
		sleeps_on(lock, thread, seat, now);
	if (seat->call == CALL_HOLDING && owns(lock, thread))
		hold_switched_out(lock, seat, true, false, now);
	return waits_at(lock, seat);
}

/* The same of a lock that the program announces: asked of owners and sleepers. */
static __always_inline bool announced_switched_out(struct thread_record *thread, __u32 how,
						   __u64 now)
{
	struct lock_record *lock = announced_lock();
	bool exiting = how & OUT_EXITS, owner;
	__u32 state = SEAT_OUTSIDE;

	if (!lock)
		return false;
	owner = owns(lock, thread);
	if (thread->seat && (owner || how & OUT_SLEEPS))
		state = read_seat(thread, exiting);
	if (owner)
		hold_switched_out(lock, &thread->seats[0], state == SEAT_HOLDING, exiting, now);
	else
		note_release(lock, thread, now);
	return state == SEAT_WAITING;
}

__noinline int locks_switched_out(struct thread_record *thread, __u32 how, __u64 now)
{
	int waits = 0;

	if (!thread)
		return 0;
	if (is_announced())
		return announced_switched_out(thread, how, now);
	for (int i = 0; i < LOCK_SEATS; i++)
		waits |= seat_switched_out(thread, &thread->seats[i], how, now);
	return waits;
}

/* --- a thread comes ------------------------------------------------------------- */

/*
 * CPython: a waiter whose wait has timed out while the lock did not change hands asks the
 * holder to let go (take_gil() sets gil_drop_request). Nobody has woken it, and it is back.
 */
static __always_inline void look_for_request(struct lock_record *lock, struct lock_seat *seat,
					     struct thread_record *thread, __u64 off_ns)
{
	struct watched_process *watched = watched_at(lock->watched);

	if (watched && watched->asks && seat->call == CALL_WAITING && !thread->futex_waker &&
	    lock->holder && off_ns >= lock->switched_ns)
		lock->asked = 1;
}

static __always_inline void add_wait(struct lock_record *lock, const struct off_stretch *off)
{
	__sync_fetch_and_add(&lock->wait_ns, in_window(off->off_ns, off->ready_ns));
}

static __always_inline void seat_switched_in(struct thread_record *thread, struct lock_seat *seat,
					     struct cpu_record *cpu, struct comeback *back)
{
	struct hold_stretch stretch = { .hold = STRETCH_NO_HOLD };
	struct lock_record *lock = lock_at(seat->lock);

	if (!lock || seat->call == CALL_OUTSIDE)
		return;
	if (seat->call == CALL_HOLDING && owns(lock, thread))
		hold_switched_in(lock, seat, back, &stretch);
	if (streams(lock))
		back->hold = stretch;
	if (back->off_state == THREAD_LOCK_WAIT && seat->call != CALL_HOLDING) {
		look_for_request(lock, seat, thread, back->off.off_ns);
		if (seat->call == CALL_WAITING || !thread->waits)
			add_wait(lock, &back->off);
	}
}

static __always_inline void announced_switched_in(struct thread_record *thread,
						  struct comeback *back)
{
	struct lock_record *lock = announced_lock();

	if (!lock)
		return;
	if (owns(lock, thread))
		hold_switched_in(lock, &thread->seats[0], back, &back->hold);
	if (back->off_state == THREAD_LOCK_WAIT)
		add_wait(lock, &back->off);
}

__noinline int locks_switched_in(struct thread_record *thread, struct cpu_record *cpu,
				 struct comeback *back)
{
	if (!thread || !cpu || !back)
		return 0;
	if (is_announced()) {
		announced_switched_in(thread, back);
		return 0;
	}
	for (int i = 0; i < LOCK_SEATS; i++)
		seat_switched_in(thread, &thread->seats[i], cpu, back);
	return 0;
}

/* Woken from the condition variable, it wants the lock again. */
static __always_inline void comes_again(struct lock_record *lock, struct thread_record *thread,
					struct lock_seat *seat, __u64 ready)
{
	seat->call_since_ns = ready;
	stands(thread, seat, CALL_WAITING);
	if (!__sync_fetch_and_add(&lock->waiting, 1) && !lock->holder)
		lock->wanted_since_ns = later(ready, lock->free_since_ns);
}

/*
 * It has slept in a function whose return is not seen, and the lock is free: it has it now, as
 * far as anybody can know. Should it sleep on the lock's futex once more, that is taken back.
 */
static __always_inline void takes_unseen(struct lock_record *lock, struct thread_record *thread,
					 struct lock_seat *seat, struct cpu_record *cpu, __u64 now)
{
	struct call call = { .thread = thread, .cpu = cpu, .lock = lock, .seat = seat };

	if (swap_holder(lock, 0, thread->slot | CLAIM))
		acquired(&call, UNPROVEN, now);
}

/* It has slept on that futex, was woken at `ready`, and is on a CPU since `on`. */
static __always_inline void seat_comes_back(struct lock_record *lock, struct thread_record *thread,
					    struct lock_seat *seat, struct cpu_record *cpu,
					    __u64 futex, __u64 ready, __u64 on)
{
	if (!lock)
		return;
	if (seat->call == CALL_AWAY && is_of_condition(seat, futex))
		comes_again(lock, thread, seat, ready);
	if (seat->call == CALL_WAITING && seat->unseen && lock->known && lock->index)
		takes_unseen(lock, thread, seat, cpu, on);
}

__noinline int locks_come_back(struct thread_record *thread, struct cpu_record *cpu, __u64 futex,
			       __u64 ready, __u64 on)
{
	if (!thread || !cpu || is_announced())
		return 0;
	for (int i = 0; i < LOCK_SEATS; i++)
		seat_comes_back(lock_at(thread->seats[i].lock), thread, &thread->seats[i], cpu,
				futex, ready, on);
	return 0;
}

/* It ends with the lock, or inside its functions: a process that exits does. */
static __always_inline void leaves(struct thread_record *thread, struct lock_seat *seat, __u64 now)
{
	struct lock_record *lock = lock_at(seat->lock);
	enum call_seat call = seat->call;

	if (!lock || call == CALL_OUTSIDE)
		return;
	if (call == CALL_WAITING)
		__sync_fetch_and_sub(&lock->waiting, 1);
	stands(thread, seat, CALL_OUTSIDE);
	if (!owns(lock, thread))
		return;
	add_hold_until(lock, seat, HELD_RUNNING, now);
	seat->hold_since_ns = PASSED_ON;
	lock->open_holds++;
	lock->last = thread->slot;
	lock->free_since_ns = now;
	lock->wanted_since_ns = lock->waiting ? now : 0;
	__sync_lock_test_and_set(&lock->holder, 0);
}

__noinline int locks_left(struct thread_record *thread, __u64 now)
{
	if (!thread)
		return 0;
	for (int i = 0; i < LOCK_SEATS; i++) {
		struct lock_seat *seat = &thread->seats[i];
		struct lock_record *lock = lock_at(seat->lock);

		if (lock && seat->call == CALL_CLAIMING)
			claim_switched_out(lock, thread, seat, 0);
		leaves(thread, seat, now);
	}
	return 0;
}
