/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How programs come to the kernel's data.
 *
 * A kernel that knows its own types (BTF) lets programs follow its pointers as C does, at the
 * price of a load.
 */
#ifndef SWITCHTAX_KERNEL_READ_BPF_H
#define SWITCHTAX_KERNEL_READ_BPF_H

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

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
