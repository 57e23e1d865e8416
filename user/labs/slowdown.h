/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab_slowdown - the headline experiment as a lab: claims C5, C6 and C7.
 *
 * slowdown.c plans it, slowdown_judge.c judges; what both must agree on is here.
 */
#ifndef SWITCHTAX_LAB_SLOWDOWN_H
#define SWITCHTAX_LAB_SLOWDOWN_H

#include <stdint.h>

#include "labs/lab.h"

#define LAB_SLOWDOWN "slowdown"
#define LAB_SLOWDOWN_WORKERS 5		/* as in the article */
#define LAB_SLOWDOWN_INTERVAL_US 5000	/* CPython's */

/*
 * The sweep over workers: arms threads-wN and processes-wN for N = 1, 2, .. 8, 16, .. as far as
 * lab_slowdown__most_workers().
 */
uint64_t lab_slowdown__most_workers(const struct lab_options *options);
uint64_t lab_slowdown__next_count(uint64_t workers);

extern const struct lab lab_slowdown;

/* Its judge. */
int lab_slowdown__judge(const struct lab_evidence *evidence, struct claims *claims);

/* For the labs that run the headline workload: what is not asked for is the default. */
struct lab_options lab_slowdown__options(const struct lab_options *asked, uint64_t objects);

/* It in one arm, untraced, with these options, which are all set. */
struct plan_arm *lab_slowdown__step(struct lab_plan *plan, const struct lab_options *options,
				    const char *name, const char *arm);

/* Returns 0, or -ENOSPC with plan->why. */
int lab_slowdown__check_memory(struct lab_plan *plan, uint64_t workers, uint64_t objects);

#endif
