/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * witness - what the system itself says of the calling thread: /proc, getrusage(2), the clocks.
 * For holding what the BPF programs read of it against.
 */
#ifndef SWITCHTAX_WITNESS_H
#define SWITCHTAX_WITNESS_H

#include <stdbool.h>
#include <stdint.h>

struct witness {
	/* These only grow. */
	uint64_t boot_ns;	/* CLOCK_BOOTTIME */
	uint64_t voluntary;	/* context switches */
	uint64_t involuntary;
	uint64_t ran_ns;	/* on CPUs, and waiting for one; 0 where the kernel does not count */
	uint64_t run_delay_ns;

	/* These need not stay. */
	uint64_t born_ticks;	/* of CLOCK_BOOTTIME, in units of _SC_CLK_TCK */
	uint64_t flags;		/* PF_* of the kernel */
	uint64_t prio;		/* as the kernel has it: 120 is nice 0 */
	uint64_t cpu;
};

/* Returns false if /proc does not say. */
bool witness__read(struct witness *witness);

#endif
