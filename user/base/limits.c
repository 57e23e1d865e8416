// SPDX-License-Identifier: GPL-2.0-or-later
// Resource limits (setrlimit(2)) raised for ourselves, and given back to the program.
#include "base/limits.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>

/* With this much we have never run short: paths and tables of symbols are on it. */
#define LEAST_STACK (192UL << 10)

struct limit {
	int resource;
	rlim_t wanted;
	bool raised;
	struct rlimit before;
};

static struct limit limits[] = {
	{ .resource = RLIMIT_STACK, .wanted = 8UL << 20 },	/* the kernel's default */
	{ .resource = RLIMIT_NOFILE, .wanted = 65536 },
	{ .resource = RLIMIT_CPU, .wanted = RLIM_INFINITY },
};
#define LIMITS (sizeof(limits) / sizeof(limits[0]))

/* Beyond the hard limit with CAP_SYS_RESOURCE only; up to it else. */
static void raise_one(struct limit *limit)
{
	struct rlimit more;

	if (getrlimit(limit->resource, &limit->before) || limit->before.rlim_cur >= limit->wanted)
		return;
	more = (struct rlimit){ .rlim_cur = limit->wanted, .rlim_max = limit->before.rlim_max };
	if (more.rlim_max < limit->wanted)
		more.rlim_max = limit->wanted;
	limit->raised = setrlimit(limit->resource, &more) == 0;
	if (limit->raised)
		return;
	more = (struct rlimit){ limit->before.rlim_max, limit->before.rlim_max };
	limit->raised = setrlimit(limit->resource, &more) == 0;
}

int limits__raise(char *why, size_t why_size)
{
	struct rlimit stack;

	for (size_t i = 0; i < LIMITS; i++)
		raise_one(&limits[i]);
	if (getrlimit(RLIMIT_STACK, &stack) || stack.rlim_cur >= LEAST_STACK)
		return 0;
	snprintf(why, why_size, "the stack may not grow beyond %lu KiB here, and %lu KiB are needed; "
		 "ulimit -s %lu", (unsigned long)stack.rlim_cur >> 10, LEAST_STACK >> 10,
		 LEAST_STACK >> 10);
	return -ENOMEM;
}

void limits__restore(void)
{
	for (size_t i = 0; i < LIMITS; i++)
		if (limits[i].raised)
			setrlimit(limits[i].resource, &limits[i].before);
}
