// SPDX-License-Identifier: GPL-2.0-or-later
// An arrival as the switches see it: verified by itself, not for each way that leads to it.
#include "arrivals.bpf.h"

/* Whoever calls has both records; the verifier, which looks at this alone, wants to see it. */
__noinline int thread_arrives(struct thread_record *thread, struct cpu_record *cpu,
			      bool from_ours, __u64 ready, __u64 on)
{
	if (thread && cpu)
		add_arrival(thread, cpu, from_ours, ready, on);
	return 0;
}
