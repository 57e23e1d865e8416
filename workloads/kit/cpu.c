// SPDX-License-Identifier: GPL-2.0-or-later
// Where the program may run.
#include "kit/cpu.h"

#include <errno.h>
#include <sched.h>

int cpu_confine(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}
