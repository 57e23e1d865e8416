/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread comes to a CPU: its stretch off the CPU ends, and goes into the books. */
#ifndef SWITCHTAX_ARRIVALS_BPF_H
#define SWITCHTAX_ARRIVALS_BPF_H

#include "stream.bpf.h"

/*
 * CPython: a waiter whose wait has timed out while the lock did not change hands asks the
 * holder to let go (take_gil() sets gil_drop_request). Nobody has woken it, and it is back.
 */
static __always_inline void look_for_request(struct thread_record *thread, __u64 off_ns)
{
	if (the_lock.asks && thread->call == CALL_WAITING && !thread->futex_waker &&
	    the_lock.holder && off_ns >= the_lock.switched_ns)
		the_lock.asked = 1;
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

	if (!the_lock.called || the_lock.holder || thread->call != CALL_WAITING ||
	    !thread->off_count || last->off_ns < the_lock.free_since_ns)
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
	struct off_stretch off = { .off_ns = thread->since_ns, .ready_ns = ready, .on_ns = on };
	__u32 here = bpf_get_smp_processor_id(), off_state = thread->state;
	struct hold_stretch hold = { .hold = STRETCH_NO_HOLD };

	/* First of all, see hold.bpf.h. */
	thread->since_ns = on;
	thread->state = THREAD_CPU;
	if (!joins(thread, last, &off)) {
		thread->off[thread->off_count % OFF_HISTORY] = off;
		thread->off_count++;
	}
	add_thread_time(thread, off_state, off.off_ns, ready);
	add_thread_time(thread, THREAD_READY, ready, on);
	histogram_add(cpu, HISTOGRAM_READY, ready, on);
	if (owns(thread))
		hold_switched_in(thread, cpu, &off, off_state, from_ours, &hold);
	if (off_state == THREAD_LOCK_WAIT)
		look_for_request(thread, off.off_ns);
	if (thread->futex)
		futex_wakes_up(thread, off.off_ns, ready);
	if (streaming)
		stream_stretch(thread, off_state, &off, &hold, here);
	if (thread->cpu != here && in_window(on, on + 1))
		thread->migrations++;
	thread->cpu = here;
	cpu->ours_since_ns = on;
}

#endif
