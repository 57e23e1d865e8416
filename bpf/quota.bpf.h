/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For how long did a waiting thread's control group have no CPU quota left (cpu.max of cgroup v2,
 * cpu.cfs_quota_us of v1)?
 *
 * A group has a queue on each CPU, and the kernel adds up how long that one was throttled, by the
 * group's own quota or by one above it: what it has grown by since the thread left its CPU was the
 * thread's. Since Linux 6.18 threads are throttled one by one, on their way out of the kernel, and
 * each says so; before, all of a queue were, and those that woke there too.
 */
#ifndef SWITCHTAX_QUOTA_BPF_H
#define SWITCHTAX_QUOTA_BPF_H

#include "queue.bpf.h"

/* Constants: the kernel at hand is one of these. */
#define QUOTA_BY_THREAD bpf_core_field_exists(((struct task_struct *)0)->throttled)
#define QUOTA_SELF bpf_core_field_exists(((struct cfs_rq *)0)->throttled_clock_self_time)
#define QUOTA_PELT bpf_core_field_exists(((struct cfs_rq *)0)->throttled_clock_pelt_time)
#define QUOTA_TASK bpf_core_field_exists(((struct cfs_rq *)0)->throttled_clock_task_time)

/* How long the queue was throttled in all, as far as that is over. */
static __always_inline __u64 throttled_before(struct cfs_rq *queue)
{
	if (QUOTA_SELF)
		return READ(queue, throttled_clock_self_time);
	if (QUOTA_PELT)
		return READ(queue, throttled_clock_pelt_time);
	if (QUOTA_TASK)
		return READ(queue, throttled_clock_task_time);
	return 0;
}

/* Has it been throttled for a while, then that while too. */
static __always_inline __u64 throttled_by_now(struct cfs_rq *queue)
{
	__u64 since = QUOTA_SELF ? READ(queue, throttled_clock_self) : 0, now;
	struct rq *rq;

	if (!since)
		return throttled_before(queue);
	rq = READ(queue, rq);
	now = READ(rq, clock);
	return throttled_before(queue) + (now > since ? now - since : 0);
}

/* A thread leaves its CPU. Real-time threads have no quota of this kind. */
static __always_inline void leaves_quota(struct thread_record *thread, struct task_struct *task)
{
	struct cfs_rq *queue;

	thread->quota_queue = 0;
	thread->throttled = 0;
	if (QUOTA_BY_THREAD ? !READ(task, throttled)
			    : READ(task, prio) < MAX_RT_PRIO || !(QUOTA_SELF || QUOTA_PELT || QUOTA_TASK))
		return;
	queue = READ(task, se.cfs_rq);
	thread->quota_queue = (__u64)queue;
	thread->quota_ns = throttled_by_now(queue);
	thread->throttled = QUOTA_BY_THREAD || (QUOTA_SELF && READ(queue, throttled_clock_self));
}

/* It comes back: how much of its wait, at most all, was that. It may be on another queue now. */
static __always_inline __u64 throttled_since(struct thread_record *thread, struct task_struct *task)
{
	__u64 address = thread->quota_queue, by_now;
	struct cfs_rq *queue;

	if (!address)
		return 0;
	queue = READ(task, se.cfs_rq);
	if (address == (__u64)queue)
		by_now = throttled_before(queue);
	else if (QUOTA_SELF)
		by_now = BPF_CORE_READ((struct cfs_rq *)address, throttled_clock_self_time);
	else
		return 0;
	return by_now > thread->quota_ns ? by_now - thread->quota_ns : 0;
}

#endif
