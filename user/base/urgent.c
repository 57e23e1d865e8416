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

void urgent__begin(struct urgency *before)
{
	const struct sched_param first = {
		.sched_priority = sched_get_priority_max(SCHED_FIFO) - 1	/* the last is the kernel's */
	};
	struct sched_param own = { .sched_priority = 0 };

	sched_getparam(0, &own);
	*before = (struct urgency){ .policy = sched_getscheduler(0),
				    .priority = own.sched_priority,
				    .nice = getpriority(PRIO_PROCESS, (id_t)gettid()) };
	if (sched_setscheduler(0, SCHED_FIFO, &first) &&
	    setpriority(PRIO_PROCESS, (id_t)gettid(), BEST_NICE))
		log__debug("no thread of ours may come first: %s", strerror(errno));
}

void urgent__end(const struct urgency *before)
{
	const struct sched_param param = { .sched_priority = before->priority };

	if (sched_setscheduler(0, before->policy, &param) ||
	    setpriority(PRIO_PROCESS, (id_t)gettid(), before->nice))
		log__debug("a thread of ours stays ahead: %s", strerror(errno));
}
