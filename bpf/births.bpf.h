/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From an event on a CPU to that CPU's next switch. */
#ifndef SWITCHTAX_BIRTHS_BPF_H
#define SWITCHTAX_BIRTHS_BPF_H

#include "target.bpf.h"

_Static_assert(HISTOGRAM_AFTER_EXIT - HISTOGRAM_AFTER_MARK == BIRTH_EXIT - BIRTH_MARK,
	       "one histogram for each event, in the same order");

/* Nothing to end; or the switch has come, or the next event of the kind before any switch. */
static __always_inline void birth_ends(struct cpu_record *cpu, enum birth_event event, __u64 now)
{
	__u64 since = cpu->birth_ns[event];

	if (!since)
		return;
	cpu->birth_ns[event] = 0;
	histogram_add(cpu, HISTOGRAM_AFTER_MARK + event, since, now);
}

static __always_inline void birth_begins(struct cpu_record *cpu, enum birth_event event, __u64 now)
{
	birth_ends(cpu, event, now);
	cpu->birth_ns[event] = now;
}

#endif
