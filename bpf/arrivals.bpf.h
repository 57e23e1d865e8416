/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread comes to a CPU: its stretch off the CPU ends, and goes into the books. */
#ifndef SWITCHTAX_ARRIVALS_BPF_H
#define SWITCHTAX_ARRIVALS_BPF_H

#include "pause.bpf.h"
#include "stream.bpf.h"

static __always_inline __u64 earlier(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

/* The same of one lock; called: it has called for it since then, or 0. */
static __always_inline __u64 needed_at(__u32 index, __u64 called)
{
	struct lock_record *lock = lock_at(index);
	__u64 wanted;

	if (!lock || (lock->holder && !(lock->holder & (CLAIM | UNPROVEN))))
		return NEVER;
	wanted = lock->wanted_since_ns ? lock->wanted_since_ns : called;
	return wanted ? later(wanted, lock->free_since_ns) : NEVER;
}

/* Of the first lock of its process, which is the only one of most: it may come to that. */
static __always_inline __u64 needed_at_first(const struct thread_record *thread)
{
	const struct watched_process *watched = watched_process_of(thread->tgid);

	return watched ? needed_at(watched->first_lock, 0) : NEVER;
}

/* Time the CPU has given to threads of the run, the running one included. */
static __always_inline __u64 ours_by(const struct cpu_record *cpu, __u64 now)
{
	__u64 since = cpu->ours_since_ns;

	return cpu->ours_ns + (since && now > since ? now - since : 0);
}

/* Of a pre-empted thread's wait: how long the CPU that it had ran threads of the run. */
static __always_inline __u64 ours_while_preempted(const struct thread_record *thread, __u64 on)
{
	const struct cpu_record *left = cpu_at(thread->cpu);

	return left ? ours_by(left, on) - thread->off_ours_ns : 0;
}

/* Of a woken thread's wait: how long the CPU that it comes to did, the last time. */
static __always_inline __u64 ours_before(const struct cpu_record *cpu, bool from_ours,
					 __u64 ready, __u64 on)
{
	__u64 from = later(ready, cpu->ours_from_ns), to = from_ours ? on : cpu->ours_until_ns;

	return to > from ? to - from : 0;
}

/* Whose was the CPU for which the thread waited? */
static __always_inline void split_wait(struct thread_record *thread, const struct cpu_record *cpu,
				       bool from_ours, struct comeback *back)
{
	struct off_stretch *off = &back->off;
	__u64 whole = off->on_ns - off->ready_ns, throttled = thread->wait_throttled_ns, ours;
	bool preempted = back->off_state == THREAD_READY;

	ours = preempted ? ours_while_preempted(thread, off->on_ns)
			 : ours_before(cpu, from_ours, off->ready_ns, off->on_ns);
	if (throttled > whole)
		throttled = whole;
	if (ours > whole - throttled)
		ours = whole - throttled;
	wait__set(off, throttled, ours, !preempted && cpu->idle);
	if (throttled)
		thread->throttled_ns += in_window(off->ready_ns, off->ready_ns + throttled);
}

/* Two waits as one: the parts' sums, as near as may be. */
static __always_inline void join_waits(struct off_stretch *last, const struct off_stretch *off)
{
	__u64 throttled = (__u64)last->throttled + off->throttled;
	__u64 self = (__u64)(last->self_idle >> 1) + (off->self_idle >> 1);

	wait__set(last, throttled << WAIT_UNIT_SHIFT, self << WAIT_UNIT_SHIFT, off->self_idle & 1);
}

/*
 * Of a thread's past, a hand-off asks for what comes after the release, or after somebody wanted
 * the lock (free_until(), pass_on()). So what was before both is not needed any more; NEVER: that
 * is all of it, since the next release is still to come.
 */
static __always_inline __u64 needed_since(struct thread_record *thread)
{
	__u64 since;

	if (is_announced()) {
		struct lock_record *lock = announced_lock();

		return lock ? later(lock->switched_ns, thread->freed_ns) : NEVER;
	}
	since = needed_at_first(thread);
	for (__u32 i = 0; i < LOCK_SEATS && i < thread->seats_used; i++) {
		const struct lock_seat *seat = &thread->seats[i];
		bool waits = seat->number == thread->waits;

		since = earlier(since, needed_at(seat->lock, waits ? seat->call_since_ns : 0));
	}
	return since;
}

/*
 * Room for one more stretch. Where the oldest is still needed, it joins the next one: the sums of
 * what is asleep and what is queueing stay, as if both had been one stretch that ends with the
 * later. What of it is before the time that may be asked for stays out, so none is moved across.
 * Not inlined: all that is open on a stack has 512 bytes, and this is over before the next call.
 */
static __noinline __attribute__((unused)) int make_room(struct thread_record *thread)
{
	struct off_stretch *oldest = &thread->off[thread->off_count % OFF_HISTORY];
	struct off_stretch *next = &thread->off[(thread->off_count + 1) % OFF_HISTORY];
	__u64 since, ready, asleep, queueing;

	if (thread->off_count < OFF_HISTORY)
		return 0;
	since = needed_since(thread);
	if (oldest->on_ns <= since)
		return 0;
	ready = later(oldest->ready_ns, since);
	queueing = oldest->on_ns - ready + (next->on_ns - next->ready_ns);
	asleep = ready - later(oldest->off_ns, since) + (next->ready_ns - next->off_ns);
	next->ready_ns = next->on_ns - queueing;
	next->off_ns = next->ready_ns - asleep;
	join_waits(next, oldest);
	return 0;
}

static __always_inline void add_arrival(struct thread_record *thread, struct cpu_record *cpu,
					bool from_ours, __u64 ready, __u64 on)
{
	struct comeback back = {
		.off = { .off_ns = thread->since_ns, .ready_ns = ready, .on_ns = on },
		.off_state = thread->state,
		.hold = { .hold = STRETCH_NO_HOLD },
	};
	__u32 here = bpf_get_smp_processor_id();

	/* First of all, see hold.bpf.h. */
	thread->since_ns = on;
	thread->state = THREAD_CPU;
	split_wait(thread, cpu, from_ours, &back);
	make_room(thread);
	thread->off[thread->off_count % OFF_HISTORY] = back.off;
	thread->off_count++;
	if (back.off_state == THREAD_HELD)
		hold_ends(thread, back.off.off_ns, ready);
	else
		add_thread_time(thread, back.off_state, back.off.off_ns, ready);
	add_thread_time(thread, THREAD_READY, ready, on);
	histogram_add(cpu, HISTOGRAM_READY, ready, on);
	if (has_locks(thread))
		locks_switched_in(thread, cpu, &back);
	if (thread->futex)
		futex_wakes_up(thread, back.off.off_ns, ready);
	if (streaming)
		stream_stretch(thread, &back, here);
	if (thread->cpu != here && in_window(on, on + 1))
		thread->migrations++;
	thread->cpu = here;
	thread->wait_throttled_ns = 0;
	cpu->ours_since_ns = on;
	if (!from_ours)
		cpu->ours_from_ns = on;
}

#endif
