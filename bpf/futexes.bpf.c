// SPDX-License-Identifier: GPL-2.0-or-later
// Who wakes whom: attached only where the futexes of a program are asked for.
#include "futex.bpf.h"

/*
 * Runs where the wake-up is called, so the caller is the waker, unless an interrupt is:
 * then the time is over, and the one it has interrupted is in no system call that wakes.
 */
TRACEPOINT("sched_waking")
int BPF_PROG(on_waking, struct task_struct *sleeper)
{
	struct thread_record *thread = thread_of_pid(READ(sleeper, pid)), *waker;

	if (!thread || !thread->futex)
		return 0;
	waker = current_thread();
	if (waker && may_wake_futexes(current_task()))
		thread->futex_waker = waker->tid;
	return 0;
}
