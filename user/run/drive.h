/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run__once, run__attach - a run is made, and settled into rows that add up. */
#ifndef SWITCHTAX_DRIVE_H
#define SWITCHTAX_DRIVE_H

#include "run/run.h"

/*
 * Run it once; tracer NULL: untraced. run->row must hold the run's identity, the
 * rest is filled in here. Returns
 *   0            it ran to its end (row.valid says whether the accounts hold);
 *   -EINTR       interrupted (row filled in if keep_interrupted);
 *   -ETIMEDOUT   killed at the time limit;
 *   -ECHILD      it could not be started, crashed, or (own_workload) failed;
 *   other        switchtax's own failure.
 * Except for 0, run->error says more. End with run__free() in every case.
 */
int run__once(struct tracer *tracer, const struct run_spec *spec, struct run *run);

/*
 * Trace a process that already runs, until it ends, spec->timeout_ms have passed, a signal
 * arrives or the onlooker has seen enough; all are normal ends, and the process goes on as it
 * was. Of the spec, target is not used. Returns 0, -ESRCH (no such process), or another -errno, with
 * run->error saying more. End with run__free().
 */
int run__attach(struct tracer *tracer, const struct run_spec *spec, pid_t pid, struct run *run);

#endif
