/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * switch_plan - the runs of the workload `switchcost` that price a switch in every way:
 * threads and processes, vector registers, working sets, one CPU and two.
 */
#ifndef SWITCHTAX_SWITCH_PLAN_H
#define SWITCHTAX_SWITCH_PLAN_H

#include "experiment/plan.h"

#define SWITCH_PLAN_MAX_SIZES 8

/* Arms: these, and "thread-BYTES" for each working set. Not all can run everywhere. */
#define SWITCH_PLAN_THREAD "thread"
#define SWITCH_PLAN_PROCESS "process"
#define SWITCH_PLAN_VECTOR "thread-vector"
#define SWITCH_PLAN_THREAD_CROSS "thread-cross"
#define SWITCH_PLAN_PROCESS_CROSS "process-cross"
#define SWITCH_PLAN_THREAD_TRACED "thread-traced"
#define SWITCH_PLAN_PROCESS_TRACED "process-traced"

/*
 * The working sets, in bytes: from 4 KiB in steps of four to 1 MiB, and on until one is larger
 * than the L2 cache (l2_bytes; MACHINE_UNKNOWN: no further). Returns how many.
 */
size_t switch_plan__sizes(uint64_t l2_bytes, uint64_t sizes[SWITCH_PLAN_MAX_SIZES]);

/* The name of the arm with that working set. */
void switch_plan__arm(uint64_t bytes, char arm[ROWS_NAME_SIZE]);

/* Add a step for each. */
void switch_plan__steps(struct lab_plan *plan, const struct lab_options *options);

#endif
