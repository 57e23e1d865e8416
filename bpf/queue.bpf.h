/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Since when was a thread runnable, and since when is it on its CPU?
 *
 * The kernel has noted both (struct sched_info, by the run queue's clock): a wake-up need not be
 * seen. Where it is built without that, wake-ups are (wakeups.bpf.c), and the arrival follows from
 * what the scheduler has charged the thread with since (kernel/sched/fair.c, update_curr() and
 * set_next_entity()), by that accounting's clock; of the fair class only.
 */
#ifndef SWITCHTAX_QUEUE_BPF_H
#define SWITCHTAX_QUEUE_BPF_H

#include "target.bpf.h"

/* A constant to the verifier, set by the loader: what is not there is never reached. */
extern const volatile __u32 has_queue_times;

/* include/linux/sched/prio.h; the idle task, pid 0, is of no class that charges. */
#define MAX_RT_PRIO 100

static __always_inline bool is_charged(struct task_struct *task)
{
	return READ(task, pid) && READ(task, prio) >= MAX_RT_PRIO;
}

/* The clock of the run queue that the thread is on, or was last. */
static __always_inline __u64 queue_clock(struct task_struct *task)
{
	struct cfs_rq *queue = READ(task, se.cfs_rq);
	struct rq *rq = READ(queue, rq);

	return READ(rq, clock);
}

/* At a switch, whose thread has just been charged: what has to be added to the kernel's clock. */
static __always_inline void set_clock(struct cpu_record *cpu, struct task_struct *prev, __u64 now)
{
	if (has_queue_times)
		cpu->clock_offset_ns = now + cut_so_far() - queue_clock(prev);
	else if (is_charged(prev))
		cpu->clock_offset_ns = now + cut_so_far() - READ(prev, se.exec_start);
}

/* What the thread had waited for CPUs in all, when it left one. */
static __always_inline void leaves_queue(struct thread_record *thread, struct task_struct *task)
{
	if (has_queue_times)
		thread->run_delay_ns = READ(task, sched_info.run_delay);
}

/* When did a thread become runnable that has waited for `waited` until `on`? */
static __always_inline __u64 ready_since(struct thread_record *thread, __u64 waited, __u64 on)
{
	if (thread->state == THREAD_READY)
		return thread->since_ns;
	return waited < on - thread->since_ns ? on - waited : thread->since_ns;
}

/* The same, where wake-ups are seen. */
static __always_inline __u64 woken_since(struct thread_record *thread, __u64 on)
{
	__u64 woken = thread->woken_ns;

	return thread->state != THREAD_READY && woken > thread->since_ns && woken <= on
	       ? woken : thread->since_ns;
}

/* Of a thread that is being switched in: what it waits now is not in its sum yet. */
static __always_inline __u64 ready_before_switch(struct thread_record *thread,
						 struct task_struct *next, struct cpu_record *cpu,
						 __u64 now)
{
	__u64 waited, queued;

	/* A pre-empted thread has been runnable all the time. */
	if (thread->state == THREAD_READY)
		return thread->since_ns;
	if (!has_queue_times)
		return woken_since(thread, now);
	waited = READ(next, sched_info.run_delay) - thread->run_delay_ns;
	queued = READ(next, sched_info.last_queued);
	if (queued)
		waited += now + cut_so_far() - cpu->clock_offset_ns - queued;
	return ready_since(thread, waited, now);
}

/* Of a thread that is on its CPU: since when. */
static __always_inline __u64 arrived_at(struct task_struct *task, struct cpu_record *cpu)
{
	if (has_queue_times)
		return READ(task, sched_info.last_arrival) + cpu->clock_offset_ns - cut_so_far();
	if (is_charged(task) && bpf_core_field_exists(task->se.prev_sum_exec_runtime))
		return READ(task, se.exec_start) + cpu->clock_offset_ns - cut_so_far() -
		       (READ(task, se.sum_exec_runtime) - READ(task, se.prev_sum_exec_runtime));
	count_loss(LOSS_ARRIVAL);
	return NEVER;
}

/* ... and since when was it runnable before that. */
static __always_inline __u64 ready_before_arrival(struct thread_record *thread,
						  struct task_struct *task, __u64 on)
{
	if (!has_queue_times)
		return woken_since(thread, on);
	return ready_since(thread, READ(task, sched_info.run_delay) - thread->run_delay_ns, on);
}

#endif
