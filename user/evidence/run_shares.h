/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run_shares - figures that need several observations of one run, made run by run.
 */
#ifndef SWITCHTAX_RUN_SHARES_H
#define SWITCHTAX_RUN_SHARES_H

#include <stdbool.h>
#include <stdint.h>

#include "evidence/observations.h"

/* Are both from the same run? */
bool run_shares__same_run(const struct observation *a, const struct observation *b);

/* Is there no earlier one of this metric from its run? */
bool run_shares__is_first(const struct observations *all, size_t index);

/* A part of a histogram: buckets that begin at from_ns or later, and before below_ns. */
struct run_shares_part {
	const char *metric;	/* as histogram_slice */
	uint64_t from_ns;
	uint64_t below_ns;
	double least;		/* a run with fewer counts in all is left out */
};

/*
 * For each run with such a histogram: which share of its counts lies in that
 * part? Appended to out under the run's arm and block, as metric name, variant "-". Returns 0 or
 * -ENOMEM.
 */
int run_shares__of_histogram(const struct observations *all, const struct run_shares_part *part,
			     struct observations *out, const char *name);

#endif
