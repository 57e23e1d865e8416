/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread comes to a CPU: its stretch off the CPU ends, and goes into the books. */
#ifndef SWITCHTAX_ARRIVALS_BPF_H
#define SWITCHTAX_ARRIVALS_BPF_H

#include "stream.bpf.h"

/* The lock that the thread waits for; NULL: it does not, as far as calls tell. */
static __always_inline struct lock_record *wanted_lock(struct thread_record *thread)
{
	__u32 place = thread->waits - 1;

	return place < LOCK_SEATS ? lock_at(thread->seats[place].lock) : NULL;
}

/*
 * A waiter that yields its CPU over and over while the lock is free would fill its history
 * with one hand-off. Such a stretch joins the one before it: the sums of what is asleep and
 * what is queueing stay, as if both had been one stretch that ends now.
 */
static __always_inline bool joins(struct thread_record *thread, struct off_stretch *last,
				  const struct off_stretch *off)
{
	__u64 asleep = off->ready_ns - off->off_ns, queueing = off->on_ns - off->ready_ns;
	struct lock_record *lock = wanted_lock(thread);

	if (!lock || lock->holder || !thread->off_count || last->off_ns < lock->free_since_ns)
		return false;
	asleep += last->ready_ns - last->off_ns;
	queueing += last->on_ns - last->ready_ns;
	last->on_ns = off->on_ns;
	last->ready_ns = off->on_ns - queueing;
	last->off_ns = last->ready_ns - asleep;
	return true;
}

static __always_inline void add_arrival(struct thread_record *thread, struct cpu_record *cpu,
					bool from_ours, __u64 ready, __u64 on)
{
	struct off_stretch *last = &thread->off[(thread->off_count - 1) % OFF_HISTORY];
	struct comeback back = {
		.off = { .off_ns = thread->since_ns, .ready_ns = ready, .on_ns = on },
		.off_state = thread->state,
		.from_ours = from_ours,
		.hold = { .hold = STRETCH_NO_HOLD },
	};
	__u32 here = bpf_get_smp_processor_id();

	/* First of all, see hold.bpf.h. */
	thread->since_ns = on;
	thread->state = THREAD_CPU;
	if (!joins(thread, last, &back.off)) {
		thread->off[thread->off_count % OFF_HISTORY] = back.off;
		thread->off_count++;
	}
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
	cpu->ours_since_ns = on;
}

#endif
