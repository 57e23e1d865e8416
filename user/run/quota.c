// SPDX-License-Identifier: GPL-2.0-or-later
// Looks at cpu.stat of a process's groups now and then: a group may be gone before the run is over.
#include "run/quota.h"

#include <stdlib.h>
#include <string.h>

#include "base/proctext.h"
#include "include/clock.h"

/* A look reads some three files. */
#define LOOK_NS 200000000ULL

static void add(struct cgroups_throttling *sum, const struct cgroups_throttling *first,
		const struct cgroups_throttling *last)
{
	if (!first->known || !last->known)
		return;
	sum->known = true;
	sum->times += last->times > first->times ? last->times - first->times : 0;
	sum->ns += last->ns > first->ns ? last->ns - first->ns : 0;
}

/* What the group counts now; what it counted last, if it is gone. */
static void count(struct quota_watch *watch)
{
	struct cgroups_throttling now;

	if (!watch->cgroup || !watch->mountinfo)
		return;
	now = cgroups__throttling(watch->cgroup, watch->mountinfo);
	if (now.known)
		watch->last = now;
}

static void enter(struct quota_watch *watch, char *cgroup)
{
	add(&watch->before, &watch->first, &watch->last);
	free(watch->cgroup);
	watch->cgroup = cgroup;
	watch->last = (struct cgroups_throttling){ 0 };
	count(watch);
	watch->first = watch->last;
}

static void look(struct quota_watch *watch)
{
	char *cgroup = proctext__read_of(watch->pid, "cgroup");

	watch->looked_ns = clock_now_ns();
	count(watch);
	if (cgroup && *cgroup && (!watch->cgroup || strcmp(cgroup, watch->cgroup) != 0))
		enter(watch, cgroup);
	else
		free(cgroup);
}

void quota_watch__begin(struct quota_watch *watch, pid_t pid)
{
	*watch = (struct quota_watch){ .pid = pid,
				       .mountinfo = proctext__read("/proc/self/mountinfo") };
	look(watch);
}

void quota_watch__look(struct quota_watch *watch)
{
	if (watch->pid && clock_now_ns() - watch->looked_ns >= LOOK_NS)
		look(watch);
}

/* The process is gone, and its pid may be another's by now. */
void quota_watch__end(struct quota_watch *watch)
{
	count(watch);
	watch->pid = 0;
}

struct cgroups_throttling quota_watch__sum(const struct quota_watch *watch)
{
	struct cgroups_throttling sum = watch->before;

	add(&sum, &watch->first, &watch->last);
	return sum;
}

void quota_watch__free(struct quota_watch *watch)
{
	free(watch->mountinfo);
	free(watch->cgroup);
	*watch = (struct quota_watch){ 0 };
}
