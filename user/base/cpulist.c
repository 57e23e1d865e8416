// SPDX-License-Identifier: GPL-2.0-or-later
// Reads and writes lists of CPUs, the format of cpuset(7) "List format".
#include "base/cpulist.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int parse_cpu(const char **text, unsigned long *cpu)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	errno = 0;
	*cpu = strtoul(*text, &end, 10);
	*text = end;
	return errno || *cpu >= CPU_SETSIZE ? -ERANGE : 0;
}

/* One item: a CPU, or two with a dash. */
static int parse_range(const char **text, cpu_set_t *set)
{
	unsigned long first, last;
	int err = parse_cpu(text, &first);

	if (err)
		return err;
	last = first;
	if (**text == '-') {
		(*text)++;
		err = parse_cpu(text, &last);
	}
	if (err || last < first)
		return err ? err : -EINVAL;
	for (unsigned long cpu = first; cpu <= last; cpu++)
		CPU_SET(cpu, set);
	return 0;
}

int cpulist__parse(const char *text, cpu_set_t *set)
{
	CPU_ZERO(set);
	for (;;) {
		int err = parse_range(&text, set);

		if (err)
			return err;
		if (!*text)
			return 0;
		if (*text++ != ',')
			return -EINVAL;
	}
}

void cpulist__format(const cpu_set_t *set, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int cpu = 0; cpu < CPU_SETSIZE && used < size; cpu++) {
		int last = cpu;

		if (!CPU_ISSET((size_t)cpu, set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET((size_t)last + 1, set))
			last++;
		used += (size_t)snprintf(text + used, size - used, last > cpu ? "%s%d-%d" : "%s%d",
					 used ? "," : "", cpu, last);
		cpu = last;
	}
}

int cpulist__apply(const char *text)
{
	cpu_set_t set;
	int err = cpulist__parse(text, &set);

	if (err)
		return err;
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

int cpulist__last(const cpu_set_t *set)
{
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
		if (CPU_ISSET((size_t)cpu, set))
			return cpu;
	return -1;
}
