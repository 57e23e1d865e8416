/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real-time policies that cannot take the machine away from its owner.
 *
 * A real-time thread that does not sleep keeps everything ordinary off its CPU. So: one CPU
 * always is left to the system and to the thread that keeps watch, the kernel itself kills the
 * process when a real-time thread runs too long without sleeping (RLIMIT_RTTIME, setrlimit(2)),
 * and so does an alarm. What else there is, sched_rt_runtime_us, stays as the machine has it.
 */
#ifndef SWITCHTAX_REALTIME_H
#define SWITCHTAX_REALTIME_H

#include <stdbool.h>
#include <stdint.h>

/* What a thread's policy was, to be restored. */
struct realtime {
	int policy;
	int priority;
};

/* Is it a policy that needs the guard? */
bool realtime_policy(int policy);

/*
 * Before any real-time thread is started for that CPU: sets the limits, for max_ms, and moves
 * the calling thread to the other CPUs. Returns 0, -EBUSY (there is no other), or -errno.
 */
int realtime_guard(int cpu, uint64_t max_ms);

/* Gives the calling thread a policy (SCHED_*) with that priority. Returns 0 or -errno. */
int realtime_enter(struct realtime *before, int policy, int priority);

/* Gives it back the one it had. */
void realtime_leave(const struct realtime *before);

#endif
