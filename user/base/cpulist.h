/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpulist - lists of CPUs as people and the kernel write them: 0-3,8. */
#ifndef SWITCHTAX_CPULIST_H
#define SWITCHTAX_CPULIST_H

#include <sched.h>
#include <stddef.h>

/* Parse text. Returns 0, or -EINVAL (not a list), or -ERANGE (a CPU beyond CPU_SETSIZE). */
int cpulist__parse(const char *text, cpu_set_t *set);

/* Write set as a list; cut if it does not fit, always NUL-terminated. */
void cpulist__format(const cpu_set_t *set, char *text, size_t size);

/* Confine the calling thread to the list. Returns 0 or -errno. */
int cpulist__apply(const char *text);

/* The highest CPU of the set, -1 if it is empty. */
int cpulist__last(const cpu_set_t *set);

#endif
