/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * calibration - what has to run for the price list: the plan of one round, as that of a lab, and
 * what is measured beside it by the loader itself.
 */
#ifndef SWITCHTAX_CALIBRATION_H
#define SWITCHTAX_CALIBRATION_H

#include <stdbool.h>
#include <stdint.h>

#include "experiment/lab_run.h"

/* Arms beside those of switch_plan.h, and per lock. */
#define CALIBRATION_FAULT "minor-fault"
#define CALIBRATION_LOCK "lock-%s"
#define CALIBRATION_CONTENDED "contended-%s"
#define CALIBRATION_PROBES "probes"
#define CALIBRATION_PERF "perf"

/* Metrics of the last two. */
#define CALIBRATION_HIT "probe_hit_ns"		/* variants: uprobe, uprobe-stepped, uretprobe */
#define CALIBRATION_OPERATION "operation_ns"
#define CALIBRATION_PERF_SWITCH "switch_ns"	/* half an operation, less the system calls */

/* Acquisitions in a batch of an uncontended lock: its arm's wall time is that of so many. */
#define CALIBRATION_PAIRS 20000

/* Of its runs, as an experiment. Not one of the lab sheet: it makes no claim. */
#define CALIBRATION_NAME "calibrate"
#define CALIBRATION_BUDGET_S 60

/* For lab_request.plan. */
int calibration__plan(const struct lab_options *options, struct lab_plan *plan);

/* What is measured beside the plan. */
struct calibration_beside {
	struct tracer *tracer;		/* NULL: no probe */
	char cpu[16];			/* of perf */
	char no_probes[256];		/* why a price is missing; "": it is not */
	char no_perf[256];
};

/* Is there the workload that contends for locks? */
bool calibration__contends(void);

/* Find out what can be measured. */
void calibration__prepare(struct calibration_beside *beside, struct tracer *tracer, int one_cpu);

/* For lab_request.after_block; arg is the struct above. What fails is left out from then on. */
int calibration__beside(void *arg, uint64_t block, struct lab_result *result);

#endif
