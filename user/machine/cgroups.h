/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroups - what the control groups around a process allow: memory; CPU time, by their quota. */
#ifndef SWITCHTAX_CGROUPS_H
#define SWITCHTAX_CGROUPS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What memory cgroups still allow, in bytes; PROCTEXT_UNKNOWN if none sets a limit. Takes
 * the texts of /proc/self/cgroup and /proc/self/mountinfo and reads, in the mounts named
 * there, every group from the process's own up to the mount's root.
 */
uint64_t cgroups__room(const char *cgroup, const char *mountinfo);

/* How often the groups had used up their CPU quota (cpu.stat), and for how long: all CPUs' sums. */
struct cgroups_throttling {
	bool known;		/* there is a group that counts */
	uint64_t times;
	uint64_t ns;
};

/* The same way, of a process's group and all above it together: each has a quota of its own. */
struct cgroups_throttling cgroups__throttling(const char *cgroup, const char *mountinfo);

#endif
