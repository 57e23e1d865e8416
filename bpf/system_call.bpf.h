/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which system call is a thread in, and with what arguments? Of the registers that it came with. */
#ifndef SWITCHTAX_SYSTEM_CALL_BPF_H
#define SWITCHTAX_SYSTEM_CALL_BPF_H

#include "kernel_read.bpf.h"

/* Negative: it has come to the kernel otherwise. */
static __always_inline int call_number(struct pt_regs___kernel *regs)
{
#if defined(__TARGET_ARCH_arm64)
	return (int)READ(regs, syscallno);
#else
	return (int)READ(regs, orig_ax);
#endif
}

static __always_inline __u64 first_argument(struct pt_regs___kernel *regs)
{
#if defined(__TARGET_ARCH_arm64)
	return READ(regs, orig_x0);
#else
	return READ(regs, di);
#endif
}

static __always_inline __u64 second_argument(struct pt_regs___kernel *regs)
{
#if defined(__TARGET_ARCH_arm64)
	return READ(regs, regs[1]);
#else
	return READ(regs, si);
#endif
}

#endif
