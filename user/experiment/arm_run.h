/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arm_run - one run of one arm, as its turn comes in a block. */
#ifndef SWITCHTAX_ARM_RUN_H
#define SWITCHTAX_ARM_RUN_H

#include "experiment/plan.h"

struct arm_turn {
	const struct plan_arm *arm;
	bool traced;
	const char *cpus;		/* that it may use; NULL: as we are */
	uint64_t block;
	uint64_t order;			/* in the block, from 1 */
};

/* Make it. Returns as experiment_blocks__run(); end with run__free() in every case. */
int arm_run(const struct experiment_blocks *blocks, const struct arm_turn *turn, struct run *run);

#endif
