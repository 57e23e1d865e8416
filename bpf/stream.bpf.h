/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The timeline: what happens to threads and to the lock, told to the loader as it happens.
 *
 * One event for each stretch off the CPU, when it is over and all of it is known, and one for
 * each time that the lock is taken after it was free for longer than a moment. What lies
 * between follows from them (docs/timeline.md). Nothing is streamed of other runs.
 */
#ifndef SWITCHTAX_STREAM_BPF_H
#define SWITCHTAX_STREAM_BPF_H

#include "thread.bpf.h"

struct handoff_parts {
	__u64 signal_ns;
	__u64 queue_ns;
	__u64 take_ns;
};

/* When the lock was let go of, when it was wanted, and when it was taken. */
struct lock_taking {
	__u64 released;
	__u64 wanted;
	__u64 taken;
	__u32 forced;
};

/* A timeline shows one lock: the first. */
static __always_inline bool streams(const struct lock_record *lock)
{
	return streaming && lock->index == streamed_lock;
}

static __always_inline void *reserve_event(__u64 size)
{
	void *event = bpf_ringbuf_reserve(&event_stream, size, 0);

	if (!event)
		count_loss(LOSS_STREAM);
	return event;
}

/* The thread's record is still that of the CPU which it had left. */
static __always_inline void stream_stretch(struct thread_record *thread,
					   const struct comeback *back, __u32 here)
{
	const struct hold_stretch *hold = &back->hold;
	const struct off_stretch *off = &back->off;
	struct stretch_event *event;

	if (off->on_ns <= window_start_ns || off->off_ns >= window_end_ns)
		return;
	event = reserve_event(sizeof(*event));
	if (!event) {
		thread->stream_lost++;
		return;
	}
	event->kind = STREAM_STRETCH;
	event->slot = thread->slot;
	event->state = back->off_state;
	event->hold = back->off_state == THREAD_HELD ? STRETCH_STOPPED : hold->hold;
	event->cpu_left = thread->cpu;
	event->cpu = here;
	event->lost = thread->stream_lost;
	event->padding = 0;
	event->off = *off;
	event->released_ns = hold->released_ns;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	thread->stream_lost = 0;
}

/* from NULL: nobody has had it before; from and to the same: it has taken it again. */
static __always_inline void stream_taking(const struct lock_record *lock,
					  struct thread_record *from, struct thread_record *to,
					  struct lock_taking *taking, struct handoff_parts *parts)
{
	struct handoff_event *event;

	if (!streams(lock) || !in_window(taking->taken, taking->taken + 1))
		return;
	event = reserve_event(sizeof(*event));
	if (!event)
		return;
	event->kind = STREAM_TAKE;
	event->forced = taking->forced;
	event->t_ns = taking->taken;
	event->released_ns = taking->released;
	event->wanted_ns = taking->wanted;
	event->from_slot = from ? from->slot : 0;
	event->to_slot = to->slot;
	event->from_tid = from ? from->tid : 0;
	event->to_tid = to->tid;
	event->from_cpu = from ? from->cpu : 0;
	event->to_cpu = to->cpu;
	event->signal_ns = parts->signal_ns;
	event->queue_ns = parts->queue_ns;
	event->take_ns = parts->take_ns;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/* STREAM_RELEASE or STREAM_HELD. */
static __always_inline void stream_lock(const struct lock_record *lock, enum stream_kind kind,
					struct thread_record *holder, bool wanted, __u64 t_ns)
{
	struct lock_event *event;

	if (!streams(lock) || window_start_ns == NEVER)
		return;
	event = reserve_event(sizeof(*event));
	if (!event)
		return;
	event->kind = kind;
	event->slot = holder->slot;
	event->wanted = wanted;
	event->padding = 0;
	event->t_ns = t_ns;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

#endif
