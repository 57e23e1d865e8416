/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread comes to a CPU: the one step of the thread ledger that both a switch and an
 * announcement may have to take.
 */
#ifndef SWITCHTAX_THREAD_BPF_H
#define SWITCHTAX_THREAD_BPF_H

#include "hold.bpf.h"
#include "futex.bpf.h"

static __always_inline void add_thread_time(struct thread_record *thread, __u32 state,
					    __u64 from, __u64 to)
{
	if (state < THREAD_STATES)
		thread->ns[state] += in_window(from, to);
}

/* The run queue's clock, which sched_info's times are read from. */
static __always_inline __u64 queue_clock(struct task_struct *task)
{
	return task->se.cfs_rq->rq->clock;
}

/* When did a thread become runnable that has waited for `waited` until `on`? */
static __always_inline __u64 ready_since(struct thread_record *thread, __u64 waited, __u64 on)
{
	if (thread->state == THREAD_READY)
		return thread->since_ns;
	return waited < on - thread->since_ns ? on - waited : thread->since_ns;
}

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
				  __u64 ready, __u64 on)
{
	__u64 asleep = ready - thread->since_ns, queueing = on - ready;

	if (!the_lock.called || the_lock.holder || thread->call != CALL_WAITING ||
	    !thread->off_count || last->off_ns < the_lock.free_since_ns)
		return false;
	asleep += last->ready_ns - last->off_ns;
	queueing += last->on_ns - last->ready_ns;
	last->on_ns = on;
	last->ready_ns = on - queueing;
	last->off_ns = last->ready_ns - asleep;
	return true;
}

/* The thread is on a CPU since `on`, and was runnable since `ready`. */
static __always_inline void arrives(struct thread_record *thread, struct cpu_record *cpu,
				    bool from_ours, __u64 ready, __u64 on)
{
	struct off_stretch *last = &thread->off[(thread->off_count - 1) % OFF_HISTORY];
	struct off_stretch off = { .off_ns = thread->since_ns, .ready_ns = ready, .on_ns = on };
	__u32 here = bpf_get_smp_processor_id(), off_state = thread->state;

	if (!joins(thread, last, ready, on)) {
		thread->off[thread->off_count % OFF_HISTORY] = off;
		thread->off_count++;
	}
	add_thread_time(thread, off_state, off.off_ns, ready);
	add_thread_time(thread, THREAD_READY, ready, on);
	histogram_add(cpu, HISTOGRAM_READY, ready, on);
	if (thread->slot == the_lock.holder)
		hold_switched_in(thread, cpu, &off, off_state, from_ours);
	if (off_state == THREAD_LOCK_WAIT)
		look_for_request(thread, off.off_ns);
	if (thread->futex)
		futex_wakes_up(thread, off.off_ns, ready);
	if (thread->cpu != here && in_window(on, on + 1))
		thread->migrations++;
	thread->cpu = here;
	thread->since_ns = on;
	thread->state = THREAD_CPU;
	cpu->ours_since_ns = on;
}

/*
 * A thread is on a CPU that we never saw it come to. Some kernels leave switches away
 * from certain tasks untraced (seen on 6.18: no event ever has them as prev, for any
 * tracer). The kernel has noted the arrival all the same, so it is made up for here.
 */
static __always_inline void catch_up(struct thread_record *thread, struct task_struct *task,
				     struct cpu_record *cpu, __u64 now)
{
	__u64 waited = task->sched_info.run_delay - thread->run_delay_ns;
	__u64 on = task->sched_info.last_arrival + cpu->clock_offset_ns;

	if (on > now)
		on = now;
	if (on < thread->since_ns)
		on = thread->since_ns;
	if (thread->state != THREAD_UNSEEN)
		__sync_fetch_and_add(&arrivals_unseen, 1);
	arrives(thread, cpu, false, ready_since(thread, waited, on), on);
}

struct task_search {
	__u64 task;
	__u32 slot;
};

static long is_task(__u32 index, void *context)
{
	struct task_search *search = context;
	struct thread_record *thread = thread_at(index + 1);

	if (!thread || index >= threads_used)
		return 1;
	if (thread->task != search->task || thread->state == THREAD_DEAD)
		return 0;
	search->slot = index + 1;
	return 1;
}

static __noinline __attribute__((unused)) __u32 find_task(__u64 task)
{
	struct task_search search = { .task = task };

	bpf_loop(MAX_THREADS, is_task, &search, 0);
	return search.slot;
}

/*
 * The task's record. Its pid leads there, but for a moment in an exec by another thread than
 * the leader: it takes over the leader's pid and gives the leader its own, on the way to
 * its end (de_thread()). Then, and when the pid of a dead leader is used again, the record
 * is looked for by the task itself.
 */
static __always_inline struct thread_record *thread_of_task(struct task_struct *task)
{
	__u16 *entry = slot_of_pid(task->pid);
	struct thread_record *thread = entry ? thread_at(*entry) : NULL;

	if (!entry || !thread ||
	    (thread->task == (__u64)task && thread->state != THREAD_DEAD))
		return thread;
	*entry = find_task((__u64)task);
	thread = thread_at(*entry);
	if (thread)
		thread->pid = task->pid;
	return thread;
}

/* Is there a living thread of ours under this pid? */
static __always_inline bool is_taken(__u16 *entry, __u32 pid)
{
	struct thread_record *thread = thread_at(*entry);

	return thread && thread->state != THREAD_DEAD && thread->pid == pid;
}

static __always_inline void thread_begins(struct thread_record *thread, __u32 slot,
					  struct task_struct *task)
{
	thread->slot = slot;
	thread->tid = pid_in_namespace(task);
	thread->pid = task->pid;
	thread->tgid = task->tgid;
	thread->task_start_ns = task->start_time;
	thread->task = (__u64)task;
	thread->born_ns = bpf_ktime_get_ns();
	thread->since_ns = thread->born_ns;
	thread->state = THREAD_READY;
	thread->seen = 1;	/* a new task's counters are 0 (copy_process()) */
	thread->settled = 1;
	thread->cpu = bpf_get_smp_processor_id();
	bpf_probe_read_kernel(thread->comm, sizeof(thread->comm), task->comm);
}

#endif
