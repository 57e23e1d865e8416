/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wait - a thread's wait for a CPU, in three parts one after the other: its group's CPU quota was
 * used up; its CPU ran threads of the run; and the rest, in which the CPU ran others, or was idle.
 *
 * A stretch keeps the lengths of two parts, rounded up, so that what is all of one kind stays so.
 */
#ifndef SWITCHTAX_WAIT_H
#define SWITCHTAX_WAIT_H

#include "include/abi.h"

/* What fits: 137 s and 68 s. A longer part ends there, and what follows begins. */
#define WAIT_UNIT_SHIFT	5
#define WAIT_MOST_THROTTLED	0xffffffffULL
#define WAIT_MOST_SELF		0x7fffffffULL

#define WAIT_INLINE static inline __attribute__((always_inline, unused))

WAIT_INLINE __u64 wait__units(__u64 ns, __u64 most)
{
	__u64 units = (ns + (1ULL << WAIT_UNIT_SHIFT) - 1) >> WAIT_UNIT_SHIFT;

	return units < most ? units : most;
}

/* idle: in the rest of the wait the CPU was idle, or between two tasks. */
WAIT_INLINE void wait__set(struct off_stretch *off, __u64 throttled_ns, __u64 self_ns, __u32 idle)
{
	off->throttled = (__u32)wait__units(throttled_ns, WAIT_MOST_THROTTLED);
	off->self_idle = (__u32)wait__units(self_ns, WAIT_MOST_SELF) << 1 | (idle & 1);
}

WAIT_INLINE __u64 wait__end(__u64 from, __u32 units, __u64 most)
{
	__u64 end = from + ((__u64)units << WAIT_UNIT_SHIFT);

	return end < most ? end : most;
}

/* When the first part ends, and the second; the third ends with the stretch. */
WAIT_INLINE __u64 wait__throttled_until(const struct off_stretch *off)
{
	return wait__end(off->ready_ns, off->throttled, off->on_ns);
}

WAIT_INLINE __u64 wait__self_until(const struct off_stretch *off)
{
	return wait__end(wait__throttled_until(off), off->self_idle >> 1, off->on_ns);
}

WAIT_INLINE _Bool wait__was_idle(const struct off_stretch *off)
{
	return off->self_idle & 1;
}

#endif
