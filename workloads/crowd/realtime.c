// SPDX-License-Identifier: GPL-2.0-or-later
// Real-time policies under guard.
#include "crowd/realtime.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

/* The alarm comes a good while after the kernel's own limit, should that not have worked. */
#define ALARM_S 2

bool realtime_policy(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static int leave_cpu(int cpu)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -errno;
	CPU_CLR(cpu, &set);
	if (CPU_COUNT(&set) == 0)
		return -EBUSY;
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

int realtime_guard(int cpu, uint64_t max_ms)
{
	const struct rlimit limit = { .rlim_cur = max_ms * 1000, .rlim_max = max_ms * 1000 };
	int err = leave_cpu(cpu);

	if (err)
		return err;
	if (setrlimit(RLIMIT_RTTIME, &limit))
		return -errno;
	alarm((unsigned int)(max_ms / 1000) + ALARM_S);
	return 0;
}

int realtime_enter(struct realtime *before, int policy, int priority)
{
	const struct sched_param wanted = {
		.sched_priority = realtime_policy(policy) ? priority : 0,
	};
	struct sched_param param;
	int err = pthread_getschedparam(pthread_self(), &before->policy, &param);

	before->priority = param.sched_priority;
	return -(err ? err : pthread_setschedparam(pthread_self(), policy, &wanted));
}

void realtime_leave(const struct realtime *before)
{
	const struct sched_param param = { .sched_priority = before->priority };

	pthread_setschedparam(pthread_self(), before->policy, &param);
}
