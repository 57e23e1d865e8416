/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroups - how much memory the groups around this process still allow. */
#ifndef SWITCHTAX_CGROUPS_H
#define SWITCHTAX_CGROUPS_H

#include <stdint.h>

/*
 * What memory cgroups still allow, in bytes; PROCTEXT_UNKNOWN if none sets a limit. Takes
 * the texts of /proc/self/cgroup and /proc/self/mountinfo and reads, in the mounts named
 * there, every group from the process's own up to the mount's root.
 */
uint64_t cgroups__room(const char *cgroup, const char *mountinfo);

#endif
