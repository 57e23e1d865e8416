// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the calling thread's files in /proc, as proc(5) describes them.
#include "tracer/witness.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define NS_PER_S 1000000000ULL

/* include/linux/sched/prio.h: /proc shows priorities less this (task_prio()). */
#define MAX_RT_PRIO 100

/* Returns false if the file is not there, or too short. */
static bool read_line(const char *path, char *line, int size)
{
	FILE *file = fopen(path, "re");
	bool ok = file && fgets(line, size, file);

	if (file)
		fclose(file);
	return ok;
}

/* proc(5): behind the name, which may have any letters, the third field is next. */
static bool read_stat(struct witness *witness)
{
	char line[1024];
	long prio;

	if (!read_line("/proc/thread-self/stat", line, sizeof(line)) || !strrchr(line, ')') ||
	    sscanf(strrchr(line, ')') + 1, " %*c %*d %*d %*d %*d %*d %" SCNu64 " %*u %*u %*u %*u "
		   "%*u %*u %*d %*d %ld %*d %*d %*d %" SCNu64, &witness->flags, &prio,
		   &witness->born_ticks) != 3)
		return false;
	witness->prio = (uint64_t)(prio + MAX_RT_PRIO);
	return true;
}

/* 0 where the kernel does not count. */
static void read_schedstat(struct witness *witness)
{
	char line[128];

	if (!read_line("/proc/thread-self/schedstat", line, sizeof(line)) ||
	    sscanf(line, "%" SCNu64 " %" SCNu64, &witness->ran_ns, &witness->run_delay_ns) != 2)
		witness->ran_ns = witness->run_delay_ns = 0;
}

bool witness__read(struct witness *witness)
{
	struct timespec boot;
	struct rusage usage;

	*witness = (struct witness){ .cpu = (uint64_t)sched_getcpu() };
	if (!read_stat(witness) || getrusage(RUSAGE_THREAD, &usage) ||
	    clock_gettime(CLOCK_BOOTTIME, &boot))
		return false;
	read_schedstat(witness);
	witness->voluntary = (uint64_t)usage.ru_nvcsw;
	witness->involuntary = (uint64_t)usage.ru_nivcsw;
	witness->boot_ns = (uint64_t)boot.tv_sec * NS_PER_S + (uint64_t)boot.tv_nsec;
	return true;
}
