// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the kernel's own counters, so that untraced runs have figures too.
#include "kit/usage.h"

#include <stdio.h>
#include <sys/resource.h>

#include "include/clock.h"

static uint64_t timeval_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_usec * NSEC_PER_USEC;
}

static void usage_add(struct usage *sum, int who)
{
	struct rusage r;

	getrusage(who, &r);
	sum->user_ns += timeval_ns(r.ru_utime);
	sum->sys_ns += timeval_ns(r.ru_stime);
	sum->switches_voluntary += (uint64_t)r.ru_nvcsw;
	sum->switches_involuntary += (uint64_t)r.ru_nivcsw;
	sum->faults_minor += (uint64_t)r.ru_minflt;
	sum->faults_major += (uint64_t)r.ru_majflt;
}

struct usage usage_now(void)
{
	struct usage now = { .wall_ns = clock_now_ns() };

	usage_add(&now, RUSAGE_SELF);
	usage_add(&now, RUSAGE_CHILDREN);
	return now;
}

struct usage usage_between(const struct usage *before, const struct usage *after)
{
	return (struct usage){
		.wall_ns = after->wall_ns - before->wall_ns,
		.user_ns = after->user_ns - before->user_ns,
		.sys_ns = after->sys_ns - before->sys_ns,
		.switches_voluntary = after->switches_voluntary - before->switches_voluntary,
		.switches_involuntary = after->switches_involuntary - before->switches_involuntary,
		.faults_minor = after->faults_minor - before->faults_minor,
		.faults_major = after->faults_major - before->faults_major,
	};
}

/* VmHWM, not ru_maxrss: the latter remembers the process that called exec. */
uint64_t usage_peak_rss_bytes(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long long kib = 0;
	char line[256];

	if (!status)
		return 0;
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "VmHWM: %llu kB", &kib) == 1)
			break;
	fclose(status);
	return kib * 1024;
}
