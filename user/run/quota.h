/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quota - how long the control groups of a process had used up their CPU quota while it ran, by
 * their own count (cpu.stat): the witness of what the ledgers say.
 */
#ifndef SWITCHTAX_QUOTA_H
#define SWITCHTAX_QUOTA_H

#include <sys/types.h>

#include "machine/cgroups.h"

/* A process whose groups are watched. It may change them. Begin with zeros. */
struct quota_watch {
	pid_t pid;
	char *mountinfo;			/* ours */
	char *cgroup;				/* the process's, as last seen */
	struct cgroups_throttling first;	/* of that group when the process was first seen in it */
	struct cgroups_throttling last;		/* and now */
	struct cgroups_throttling before;	/* in the groups that it has left */
	uint64_t looked_ns;
};

void quota_watch__begin(struct quota_watch *watch, pid_t pid);

/* Often enough, and at the end: which groups is it in, and what do they count? */
void quota_watch__look(struct quota_watch *watch);
void quota_watch__end(struct quota_watch *watch);

/* What came together between the two; known is false if no group counts. */
struct cgroups_throttling quota_watch__sum(const struct quota_watch *watch);
void quota_watch__free(struct quota_watch *watch);

#endif
