// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers on a workload's command line.
#include "kit/arguments.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/clock.h"

unsigned long long argument_number(struct argp_state *state, const char *name, const char *text,
				   unsigned long long low, unsigned long long high)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || end == text || text[0] == '-' || value < low || value > high)
		argp_error(state, "--%s: '%s' is not a whole number from %llu to %llu", name, text,
			   low, high);
	return value;
}

unsigned long long argument_interval_ns(struct argp_state *state, const char *text)
{
	return NSEC_PER_USEC * argument_number(state, "interval-us", text, 1, 10000000);
}

int argument_cpu(struct argp_state *state, const char *name, const char *text)
{
	int cpu = (int)argument_number(state, name, text, 0, CPU_SETSIZE - 1);
	char usable[256] = "";
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) || CPU_ISSET(cpu, &set))
		return cpu;
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			snprintf(usable + strlen(usable), sizeof(usable) - strlen(usable), "%s%d",
				 *usable ? ", " : "", i);
	argp_error(state, "--%s: CPU %d cannot be used; usable: %s", name, cpu, usable);
	return cpu;
}

const struct lock_kind *argument_lock(struct argp_state *state, const char *name, const char *text)
{
	const struct lock_kind *kind = lock_kind_find(text);

	if (!kind)
		argp_error(state, "--%s: '%s' is not one of " LOCK_NAMES, name, text);
	return kind;
}

int argument_first_cpu(void)
{
	cpu_set_t set;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &set))
		cpu++;
	return cpu;
}
