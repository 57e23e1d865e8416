// SPDX-License-Identifier: GPL-2.0-or-later
// Threads that were there before we came, one by one: as a task iterator shows them or, where the
// kernel has none for us, along its lists of processes and of a process's threads.
//
// Both ways spare us to know our own PID namespace: they take a pid as the loader has it, and show
// tasks with all their numbers.
#include "lock.bpf.h"

/* Threads that have been taken into the books. */
__u32 adopted = 0;

/* Whose, as the loader has the pid, where not only theirs are shown; or 0. */
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

static __always_inline int adopt(struct task_struct *task)
{
	__u32 pid = READ(task, pid), slot;
	struct thread_record *thread;
	__u16 *entry;

	ns_level = BPF_CORE_READ(current_task(), thread_pid, level);
	if (READ(task, flags) & PF_EXITING)
		return 0;
	if (adopt_only && pid_in_namespace(BPF_CORE_READ(task, group_leader)) != adopt_only)
		return 0;
	entry = slot_of_pid(pid);
	if (!entry) {
		count_loss(LOSS_PID_TABLE);
		return 0;
	}
	if (is_taken(entry, pid))
		return 0;
	root_tgid = READ(task, tgid);
	thread = take_place(&slot);
	if (!thread)
		return 0;
	thread_begins(thread, slot, task);
	thread->adopted = 1;
	thread->seen = 0;	/* its counters are read at its first switch */
	thread->settled = 0;
	if (watch_futexes && (READ(task, __state) & TASK_ASLEEP) && !READ(task, on_cpu))
		thread->futex = futex_of_other(task);
	thread->code_pages = code_pages_of(task);
	leaves_queue(thread, task);
	/* A full barrier: a switch on another CPU that finds the slot finds the record, too. */
	__sync_lock_test_and_set(&thread->state, THREAD_UNSEEN);
	*entry = slot;
	look(thread, task);
	adopted++;
	return 0;
}

#ifdef WITHOUT_KERNEL_BTF

/* A walk along a list of the kernel's: where it began, and where it is. */
struct walk {
	struct list_head *head;
	struct list_head *at;
	struct task_struct *found;
};

/* False: it is round. What is taken off such a list meanwhile still leads back to it (RCU). */
static __always_inline bool goes_on(struct walk *walk)
{
	walk->at = READ(walk->at, next);
	return walk->at && walk->at != walk->head;
}

static long visit_thread(struct bpf_map *map, const __u32 *step, void *nothing, void *context)
{
	struct walk *walk = context;

	if (!goes_on(walk))
		return 1;
	adopt((void *)walk->at - bpf_core_field_offset(struct task_struct, thread_node));
	return 0;
}

static long visit_process(struct bpf_map *map, const __u32 *step, void *nothing, void *context)
{
	struct walk *walk = context;
	struct task_struct *leader;

	if (!goes_on(walk))
		return 1;
	leader = (void *)walk->at - bpf_core_field_offset(struct task_struct, tasks);
	if (pid_in_namespace(leader) != adopt_only)
		return 0;
	walk->found = leader;
	return 1;
}

/* As many processes again. */
static long visit_processes(struct bpf_map *map, const __u32 *step, void *nothing, void *context)
{
	struct walk *walk = context;

	bpf_for_each_map_elem(&thread_records, visit_process, walk, 0);
	return walk->found || !walk->at || walk->at == walk->head;
}

/*
 * Called by the loader, with the process in adopt_only. Not from ourselves on: a try with our own
 * process is to go the whole way.
 */
SEC("uprobe/task")
int on_task(struct pt_regs *ctx)
{
	struct task_struct *first = BPF_CORE_READ(current_task(), real_parent, group_leader);
	struct walk processes = { .head = &first->tasks, .at = &first->tasks }, threads = {};

	ns_level = BPF_CORE_READ(current_task(), thread_pid, level);
	if (pid_in_namespace(first) == adopt_only)
		processes.found = first;
	else
		bpf_for_each_map_elem(&history_steps, visit_processes, &processes, 0);
	if (!processes.found)
		return 0;
	threads.head = &READ(processes.found, signal)->thread_head;
	threads.at = threads.head;
	bpf_for_each_map_elem(&thread_records, visit_thread, &threads, 0);
	return 0;
}

#else

SEC("iter/task")
int on_task(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;

	return task ? adopt(task) : 0;
}

#endif
