/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf_pipe - what `perf bench sched pipe -T` says of this machine, to hold our own price of a
 * switch against.
 *
 * One of its operations is a round trip of two threads through two pipes: two switches, two
 * reads and two writes.
 */
#ifndef SWITCHTAX_PERF_PIPE_H
#define SWITCHTAX_PERF_PIPE_H

#include <stddef.h>

#include "program/target_user.h"

/* Is there a perf in PATH? Returns 0, or -errno with why saying what to install. */
int perf_pipe__find(char *why, size_t size);

/*
 * Run it on one CPU (a list as 0-3,8) and set operation_ns, the price of one operation: that
 * of the quickest of a few short runs. Returns 0, -EINTR, or -errno with why saying more.
 */
int perf_pipe__run(const char *cpu, const struct target_user *user, double *operation_ns,
		   char *why, size_t size);

/* The figure before "usecs/op" in its output, in ns; NAN if there is none. */
double perf_pipe__parse(const char *text);

#endif
