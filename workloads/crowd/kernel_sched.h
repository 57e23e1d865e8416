/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the running kernel's scheduler is set to, as far as it says so to a program. */
#ifndef SWITCHTAX_KERNEL_SCHED_H
#define SWITCHTAX_KERNEL_SCHED_H

#include <stdint.h>

/*
 * The scheduler's tick (1 / CONFIG_HZ) in ns: the resolution of the coarse clocks, which the
 * tick advances (clock_getres(), KTIME_LOW_RES in kernel/time/posix-timers.c). 0: unknown.
 */
uint64_t kernel_tick_ns(void);

/*
 * The slice of an ordinary task in ns, which its process may not have changed: sched_getattr()
 * tells it since Linux 6.12 (get_params() in kernel/sched/syscalls.c, from se.slice), before
 * that the file sched/base_slice_ns of debugfs. The default is 0.7 ms (before 6.15: 0.75 ms)
 * times 1 + log2 of the number of CPUs, of which at most 8 count (kernel/sched/fair.c,
 * sysctl_sched_base_slice and get_update_sysctl_factor()). 0: unknown.
 */
uint64_t kernel_slice_ns(void);

/* The time that a SCHED_RR thread of ours may run in one go, in ns; 0: unknown. */
uint64_t kernel_quantum_ns(int tid);

/* The weight of a nice level from -20 to 19: kernel/sched/core.c, sched_prio_to_weight[]. */
unsigned int kernel_weight(int nice);

/* As evidence: kernel_slice_ns and kernel_tick_ns, each only where it is known. */
void kernel_sched_print(void);

#endif
