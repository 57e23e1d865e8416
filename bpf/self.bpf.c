// SPDX-License-Identifier: GPL-2.0-or-later
// Do we read the kernel right? What the programs see of the loader's own thread, at a probe that
// it calls itself; asked where the kernel's types come from a file (user/tracer/types.c). Also
// where on a thread's stack its registers are: here the kernel hands them over.
#include "queue.bpf.h"
#include "news.bpf.h"

struct self_view self = {};

static __always_inline void view_times(struct task_struct *task)
{
	self.start_ns = READ(task, start_time);
	self.voluntary = READ(task, nvcsw);
	self.involuntary = READ(task, nivcsw);
	self.ran_ns = READ(task, se.sum_exec_runtime);
	self.exec_start_ns = READ(task, se.exec_start);
	if (!has_queue_times)
		return;
	self.run_delay_ns = READ(task, sched_info.run_delay);
	self.last_arrival_ns = READ(task, sched_info.last_arrival);
	self.queue_clock_ns = queue_clock(task);
}

static __always_inline void view_names(struct task_struct *task)
{
	bpf_probe_read_kernel(self.comm, sizeof(self.comm), task->comm);
	bpf_probe_read_kernel_str(self.file, sizeof(self.file),
				  BPF_CORE_READ(task, mm, exe_file, f_path.dentry, d_name.name));
}

SEC("uprobe")
int on_self(struct pt_regs *ctx)
{
	struct task_struct *task = current_task();

	ns_level = BPF_CORE_READ(task, thread_pid, level);
	self.pid_tgid = bpf_get_current_pid_tgid();
	self.registers = (__u64)ctx;
	self.stack = (__u64)BPF_CORE_READ(task, stack);
	registers_offset = self.registers - self.stack;
	self.pid = READ(task, pid);
	self.tgid = READ(task, tgid);
	self.leader = pid_in_namespace(BPF_CORE_READ(task, group_leader));
	self.state = READ(task, __state);
	self.on_cpu = READ(task, on_cpu);
	self.cpu = READ(task, wake_cpu);
	self.prio = READ(task, prio);
	self.flags = READ(task, flags);
	view_times(task);
	view_names(task);
	self.now_ns = bpf_ktime_get_ns();
	self.seen++;
	return 0;
}
