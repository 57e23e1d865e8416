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
	struct thread_record *thread = thread_of_pid(READ(sleeper, pid));
	struct task_struct *caller;
	__u32 waker;

	if (!thread || !thread->futex)
		return 0;
	waker = slot_number((__u32)bpf_get_current_pid_tgid());
	if (!waker)
		return 0;
	caller = current_task();
	if (may_wake_futexes(caller))
		thread->futex_waker = waker;
	return 0;
}
