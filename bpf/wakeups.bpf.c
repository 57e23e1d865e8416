// SPDX-License-Identifier: GPL-2.0-or-later
// When threads of the run are woken: attached only where the kernel does not note it itself
// (queue.bpf.h). Runs with the run queue locked, before the thread can be switched in.
#include "queue.bpf.h"

static __always_inline int is_woken(struct task_struct *task)
{
	struct thread_record *thread = thread_of_pid(READ(task, pid));

	if (thread)
		thread->woken_ns = clock_now();
	return 0;
}

TRACEPOINT("sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct *task)
{
	return is_woken(task);
}
