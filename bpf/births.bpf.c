// SPDX-License-Identifier: GPL-2.0-or-later
// Does the scheduler run when a process is created, and when it ends? How long from the fork,
// the wake-up of the new task and the exit until the CPU's next switch, whoever's it is.
//
// Switches happen anyway: the same time is taken from marks that the program sets between
// its forks (ANNOUNCE_MARK), where nothing happens. Attached only to runs that ask for it.
#include "births.bpf.h"

TRACEPOINT("sched_switch")
int BPF_PROG(on_birth_switch)
{
	struct cpu_record *cpu = cpu_at(bpf_get_smp_processor_id());
	__u64 now;

	if (!cpu)
		return 0;
	now = clock_now();
	birth_ends(cpu, BIRTH_MARK, now);
	birth_ends(cpu, BIRTH_FORK, now);
	birth_ends(cpu, BIRTH_WAKE_NEW, now);
	birth_ends(cpu, BIRTH_EXIT, now);
	return 0;
}

/* On the CPU of the parent, which is the one that runs. */
TRACEPOINT("sched_process_fork")
int BPF_PROG(on_birth_fork, struct task_struct *parent, struct task_struct *child)
{
	struct cpu_record *cpu = cpu_at(bpf_get_smp_processor_id());

	if (cpu && slot_number(READ(parent, pid)))
		birth_begins(cpu, BIRTH_FORK, clock_now());
	return 0;
}

/* On the CPU where it queues; the parent may be on another. */
TRACEPOINT("sched_wakeup_new")
int BPF_PROG(on_birth_wake, struct task_struct *child)
{
	struct cpu_record *cpu = cpu_at(READ(child, wake_cpu));

	if (cpu && slot_number(READ(child, pid)))
		birth_begins(cpu, BIRTH_WAKE_NEW, clock_now());
	return 0;
}

TRACEPOINT("sched_process_exit")
int BPF_PROG(on_birth_exit, struct task_struct *task)
{
	struct cpu_record *cpu = cpu_at(bpf_get_smp_processor_id());

	if (cpu && slot_number(READ(task, pid)))
		birth_begins(cpu, BIRTH_EXIT, clock_now());
	return 0;
}
