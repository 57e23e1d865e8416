// SPDX-License-Identifier: GPL-2.0-or-later
// Holds what others used of the CPUs against what there was.
#include "labs/quiet.h"

#include <math.h>
#include <stdlib.h>

double quiet__others(const struct lab_evidence *evidence)
{
	const struct trials *trials = evidence->trials;
	size_t count = 0, runs = trials ? trials->count : 0;
	double *shares = calloc(runs + 1, sizeof(*shares));
	double median = NAN;

	for (size_t i = 0; shares && i < runs; i++) {
		const struct trial *trial = &trials->items[i];
		double share = trial->other_cpu_ms / (trial->wall_ms * evidence->options->cpus);

		if (isfinite(share))
			shares[count++] = share;
	}
	if (shares)
		median = stats__median(shares, count);
	free(shares);
	return median;
}

bool quiet__or_undecided(const struct lab_evidence *evidence, const struct lab *lab,
			 struct claims *claims)
{
	double others = quiet__others(evidence);
	const struct interval figure = claims__exactly(others);

	if (!(others > QUIET_MOST))
		return true;
	for (size_t i = 0; lab->claims[i]; i++)
		claims__add(claims, lab->claims[i], lab->name, CLAIM_UNDECIDED, &figure, "ratio",
			    "other processes used %.0f %% of the CPUs' time during the runs, more "
			    "than %.0f %%: waiting for them cannot be told from what the lock "
			    "costs. Try again on a quiet machine", others * 100, QUIET_MOST * 100);
	return false;
}
