/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target_user - whom a program runs as, and how it is left with no more than that user has. */
#ifndef SWITCHTAX_TARGET_USER_H
#define SWITCHTAX_TARGET_USER_H

#include <stdbool.h>
#include <sys/types.h>

struct target_user {
	bool drop;		/* false: as we are */
	bool confined;		/* may not gain privileges by what it executes */
	uid_t uid;
	gid_t gid;
	char name[64];		/* for initgroups(3); empty: no supplementary groups */
	char home[256];		/* for HOME; empty: left alone */
	char shell[256];
};

/*
 * The user who called sudo; without sudo as root: nobody for our own workloads, who
 * may not gain privileges either, else ourselves.
 */
struct target_user target_user__find(bool own_workload);

/* In the child, before its exec: identity, groups and capabilities go. Returns 0 or -errno. */
int target_user__become(const struct target_user *user);

#endif
