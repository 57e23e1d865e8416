// SPDX-License-Identifier: GPL-2.0-or-later
// Threads that were there before we came, one by one: read through a task iterator.
//
// The iterator also spares us to know our own PID namespace: it takes a pid as the
// loader has it, and shows tasks with all their numbers.
#include "thread.bpf.h"

/* Threads that have been taken into the books. */
__u32 adopted = 0;

/* Where the iterator shows all the machine's threads: whose, as the loader has the pid; or 0. */
__u32 adopt_only = 0;

/*
 * What the thread does can change while we look. A switch that comes in between finds
 * it UNSEEN and settles it; then our answer is late, and not used. On a CPU only if it
 * still is there afterwards: on_cpu outlasts the switch by a moment (finish_task()).
 */
static __always_inline void look(struct thread_record *thread, struct task_struct *task)
{
	__u32 state = READ(task, on_cpu) ? THREAD_CPU
		      : READ(task, __state) ? THREAD_BLOCKED : THREAD_READY;

	__sync_val_compare_and_swap(&thread->state, THREAD_UNSEEN, state);
	if (state == THREAD_CPU && !READ(task, on_cpu))
		__sync_val_compare_and_swap(&thread->state, THREAD_CPU,
					    READ(task, __state) ? THREAD_BLOCKED : THREAD_READY);
}

SEC("iter/task")
int on_task(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task, *loader = current_task();
	struct thread_record *thread;
	__u16 *entry;
	__u32 slot;

	ns_level = BPF_CORE_READ(loader, thread_pid, level);
	if (!task || READ(task, flags) & PF_EXITING)
		return 0;
	if (adopt_only && pid_in_namespace(BPF_CORE_READ(task, group_leader)) != adopt_only)
		return 0;
	entry = slot_of_pid(READ(task, pid));
	if (!entry) {
		count_loss(LOSS_PID_TABLE);
		return 0;
	}
	if (is_taken(entry, READ(task, pid)))
		return 0;
	root_tgid = READ(task, tgid);
	slot = __sync_fetch_and_add(&threads_used, 1) + 1;
	thread = thread_at(slot);
	if (!thread) {
		count_loss(LOSS_THREAD_TABLE);
		return 0;
	}
	thread_begins(thread, slot, task);
	thread->adopted = 1;
	thread->seen = 0;	/* its counters are read at its first switch */
	thread->settled = 0;
	leaves_queue(thread, task);
	/* A full barrier: a switch on another CPU that finds the slot finds the record, too. */
	__sync_lock_test_and_set(&thread->state, THREAD_UNSEEN);
	*entry = slot;
	look(thread, task);
	adopted++;
	return 0;
}
