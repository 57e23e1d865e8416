/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blocks - the engine of every experiment: each block runs each arm once, traced and untraced, in
 * random order, until the blocks are done or the budget is used.
 *
 * What a run is worth, and whether enough is known, is asked of the caller. Block 0 is the warm-up.
 */
#ifndef SWITCHTAX_EXPERIMENT_BLOCKS_H
#define SWITCHTAX_EXPERIMENT_BLOCKS_H

#include "experiment/plan.h"

/*
 * Run them; every finished run is kept at once. Returns 0, -EINTR (interrupted), -EPERM (the
 * machine refuses: end->refused), -EINVAL (a workload refuses an option), or the error of the run
 * or file that failed, with end->error saying more; a program that fails is such an error
 * (-ECHILD).
 */
int experiment_blocks__run(const struct experiment_blocks *blocks);

/* Write a run's rows. Returns 0 or -errno, with end->error set. */
int experiment_blocks__record(const struct experiment_blocks *blocks, const struct run *run);

#endif
