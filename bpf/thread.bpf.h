/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread ledger: which record is a task's, and how a thread comes to a CPU, the one step
 * that both a switch and an announcement may have to take.
 */
#ifndef SWITCHTAX_THREAD_BPF_H
#define SWITCHTAX_THREAD_BPF_H

#include "quota.bpf.h"
#include "hold.bpf.h"
#include "futex.bpf.h"

_Static_assert((THREAD_STATES & (THREAD_STATES - 1)) == 0, "a mask bounds a state");

/*
 * The mask is for the verifier, at the place of use: a register may be kept on the stack between
 * a comparison and that, where kernels up to 6.1 forget what the comparison has shown.
 */
static __always_inline void add_thread_time(struct thread_record *thread, __u32 state,
					    __u64 from, __u64 to)
{
	__u64 ns = in_window(from, to);

	if (state >= THREAD_STATES)
		return;
	barrier_var(state);
	thread->ns[state & (THREAD_STATES - 1)] += ns;
}

/* How a thread leaves its CPU. */
#define OUT_SLEEPS 1
#define OUT_EXITS 2

/*
 * A thread leaves its CPU; comes back to one, and what that means to the lock of the timeline is
 * put into back; has come back from a futex, after all that; ends (locks.bpf.c). Leaving, 1 is
 * returned if it waits for one of its locks.
 */
int locks_switched_out(struct thread_record *thread, __u32 how, __u64 now);
int locks_switched_in(struct thread_record *thread, struct cpu_record *cpu, struct comeback *back);
int locks_come_back(struct thread_record *thread, struct cpu_record *cpu, __u64 futex, __u64 ready,
		    __u64 on);
int locks_left(struct thread_record *thread, __u64 now);

/* Has it come to a lock? */
static __always_inline bool has_locks(const struct thread_record *thread)
{
	return thread->seats_used || is_announced();
}

/*
 * The thread is on a CPU since `on`, and was runnable since `ready` (arrivals.bpf.c). Not
 * inlined: the verifier looks at it by itself, not again for each way that leads to it,
 * which would make loading all programs take half as long again.
 */
int thread_arrives(struct thread_record *thread, struct cpu_record *cpu, bool from_ours,
		   __u64 ready, __u64 on);

/*
 * A thread is on a CPU that we never saw it come to. Some kernels leave switches away
 * from certain tasks untraced (seen on 6.18: no event ever has them as prev, for any
 * tracer). The kernel has noted the arrival all the same, so it is made up for here; by a
 * switch, if one comes in between.
 */
struct arrival {
	__u64 ready_ns;
	__u64 on_ns;
};

/* False: it has been seen. */
static __always_inline bool find_arrival(struct thread_record *thread, struct task_struct *task,
					 struct cpu_record *cpu, struct arrival *arrival)
{
	__u64 since = thread->since_ns, on, now;

	if (thread->state == THREAD_CPU)
		return false;
	on = arrived_at(task, cpu);
	now = clock_now();
	if (on > now)
		on = now;
	if (on < since)
		on = since;
	arrival->on_ns = on;
	arrival->ready_ns = ready_before_arrival(thread, task, on);
	if (thread->state == THREAD_CPU || thread->since_ns != since)
		return false;
	if (thread->state != THREAD_UNSEEN)
		__sync_fetch_and_add(&arrivals_unseen, 1);
	return true;
}

struct task_search {
	__u64 task;
	__u32 slot;
};

/* Slot 0, which is nobody's, has no task. */
static long is_task(struct bpf_map *map, const __u32 *slot, struct thread_record *thread,
		    void *context)
{
	struct task_search *search = context;

	if (*slot > threads_used)
		return 1;
	if (thread->task != search->task || thread->state == THREAD_DEAD)
		return 0;
	search->slot = *slot;
	return 1;
}

static __noinline __attribute__((unused)) __u32 find_task(__u64 task)
{
	struct task_search search = { .task = task };

	bpf_for_each_map_elem(&thread_records, is_task, &search, 0);
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
	__u32 pid = READ(task, pid);
	__u16 *entry = slot_of_pid(pid);
	struct thread_record *thread = entry ? thread_at(*entry) : NULL;

	if (!entry || !thread ||
	    (thread->task == (__u64)task && thread->state != THREAD_DEAD))
		return thread;
	*entry = find_task((__u64)task);
	thread = thread_at(*entry);
	if (thread)
		thread->pid = pid;
	return thread;
}

/* Is there a living thread of ours under this pid? */
static __always_inline bool is_taken(__u16 *entry, __u32 pid)
{
	struct thread_record *thread = thread_at(*entry);

	return thread && thread->state != THREAD_DEAD && thread->pid == pid;
}

/*
 * A place for one more thread: one that has been given back, or a fresh one, which is all zeros as
 * they are. NULL: there are no more.
 */
static __always_inline struct thread_record *take_place(__u32 *slot)
{
	struct thread_record *thread;

	if (bpf_map_pop_elem(&free_places, slot))
		*slot = __sync_fetch_and_add(&threads_used, 1) + 1;
	thread = thread_at(*slot);
	if (!thread)
		count_loss(LOSS_THREAD_TABLE);
	return thread;
}

static __always_inline void thread_begins(struct thread_record *thread, __u32 slot,
					  struct task_struct *task)
{
	thread->number = __sync_fetch_and_add(&threads_begun, 1) + 1;
	thread->slot = slot;
	thread->tid = pid_in_namespace(task);
	thread->pid = READ(task, pid);
	thread->tgid = READ(task, tgid);
	thread->leader = pid_in_namespace(BPF_CORE_READ(task, group_leader));
	thread->task_start_ns = READ(task, start_time);
	thread->task = (__u64)task;
	thread->born_ns = clock_now();
	thread->since_ns = thread->born_ns;
	thread->state = THREAD_READY;
	thread->seen = 1;	/* a new task's counters are 0 (copy_process()) */
	thread->settled = 1;
	for (int i = 0; i < LOCK_SEATS; i++)
		thread->seats[i].hold_since_ns = PASSED_ON;
	thread->cpu = bpf_get_smp_processor_id();
	bpf_probe_read_kernel(thread->comm, sizeof(thread->comm), task->comm);
}

#endif
