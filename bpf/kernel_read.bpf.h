/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How programs come to the kernel's data.
 *
 * A kernel that knows its own types (BTF) lets programs follow its pointers as C does, at the
 * price of a load. Without, each field is copied by a helper; where it lies, the loader says
 * from a file that describes the kernel (--btf), before the programs are loaded. Each program is
 * built in both ways, and this is all that differs, but for how threads are adopted.
 */
#ifndef SWITCHTAX_KERNEL_READ_BPF_H
#define SWITCHTAX_KERNEL_READ_BPF_H

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

/* From where a task's stack begins to the registers that it entered the kernel with. */
extern __u64 registers_offset;

#ifdef WITHOUT_KERNEL_BTF

#define TRACEPOINT(name) SEC("raw_tp/" name)

/* As much as there is: a field may be smaller there than here (kernel_types.h). */
#define READ(pointer, field)								\
	({										\
		typeof((pointer)->field) copy = 0;					\
		__u32 size = bpf_core_field_size((pointer)->field);			\
											\
		bpf_probe_read_kernel(&copy, size < sizeof(copy) ? size : sizeof(copy),	\
				      &(pointer)->field);				\
		copy;									\
	})

static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

static __always_inline struct pt_regs___kernel *user_registers(struct task_struct *task)
{
	return (void *)(READ(task, stack) + registers_offset);
}

#else

#define TRACEPOINT(name) SEC("tp_btf/" name)
#define READ(pointer, field) ((pointer)->field)

static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task_btf();
}

static __always_inline struct pt_regs___kernel *user_registers(struct task_struct *task)
{
	return (struct pt_regs___kernel *)bpf_task_pt_regs((void *)task);
}

#endif

#endif
