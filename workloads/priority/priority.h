/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the experiment `priority`: each one question to the scheduler. */
#ifndef SWITCHTAX_PRIORITY_H
#define SWITCHTAX_PRIORITY_H

#include <stdint.h>

#include "kit/evidence.h"
#include "crowd/spinner.h"

#define PRIORITY_MAX_NICE 8

struct priority_options {
	int cpu;			/* on which all of it happens */
	uint64_t ms;			/* nice, rotation: for how long */
	int nice[PRIORITY_MAX_NICE];	/* nice: one spinner each */
	unsigned int nice_count;
	int policy;			/* rotation, preemption: SCHED_* */
	int priority;			/* of a real-time policy */
	unsigned int wakes;		/* preemption */
	unsigned int forks;		/* births */
};

/*
 * Each runs once between window_open() and window_close(), and prints its evidence after that;
 * what the machine refuses has not been done at all. Returns 0, -EPERM or -EACCES (not allowed),
 * -EBUSY (there is but one CPU) or another -errno.
 */

/* Do spinners of different nice levels share the CPU as the kernel's weights say? */
int priority_nice(const struct priority_options *options, struct window *window);

/* Do two spinners of one policy take turns, and how long are these? */
int priority_rotation(const struct priority_options *options, struct window *window);

/* How soon does a thread get the CPU from an ordinary spinner, when it wakes up? */
int priority_preemption(const struct priority_options *options, struct window *window);

/* Forks and marks, for the tracer to see what follows them (bpf/births.bpf.c). */
int priority_births(const struct priority_options *options, struct window *window);

#endif
