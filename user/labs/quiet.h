/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quiet - was the machine ours while a lab ran? Where it was not, ratios of times say more about
 * the others than about us, and not evenly: five threads get more of a contended CPU than one.
 */
#ifndef SWITCHTAX_QUIET_H
#define SWITCHTAX_QUIET_H

#include <stdbool.h>

#include "labs/lab.h"

/* More than this share of the CPUs' time is noise: on an idle machine it is about 0.3 %. */
#define QUIET_MOST 0.1

/*
 * The share of all CPUs' time that processes outside the run used during it, 1 = all: median
 * over the runs. NAN: not known.
 */
double quiet__others(const struct lab_evidence *evidence);

/*
 * False, and all of the lab's claims are undecided for that reason, if the others used more than
 * QUIET_MOST. What is not known does not count as noise.
 */
bool quiet__or_undecided(const struct lab_evidence *evidence, const struct lab *lab,
			 struct claims *claims);

#endif
