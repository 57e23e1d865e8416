// SPDX-License-Identifier: GPL-2.0-or-later
// The calling thread's scheduling policy, there and back.
#include "base/urgent.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"

/* Where a real-time thread may not be, the best of the others. */
#define BEST_NICE (-20)

void urgent__begin(void)
{
	const struct sched_param first = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO, &first) &&
	    setpriority(PRIO_PROCESS, (id_t)gettid(), BEST_NICE))
		log__debug("no thread of ours may come first: %s", strerror(errno));
}

void urgent__end(void)
{
	struct sched_param param;
	pid_t first = getpid();
	int policy = sched_getscheduler(first);

	if (policy < 0 || sched_getparam(first, &param) ||
	    sched_setscheduler(0, policy, &param) ||
	    setpriority(PRIO_PROCESS, (id_t)gettid(), getpriority(PRIO_PROCESS, (id_t)first)))
		log__debug("a thread of ours stays ahead: %s", strerror(errno));
}
