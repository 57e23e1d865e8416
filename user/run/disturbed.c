// SPDX-License-Identifier: GPL-2.0-or-later
// Holds what others had of the CPUs during a run against what there was.
#include "run/disturbed.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "results/columns.h"

static double share(uint64_t ns, uint64_t span_ns, unsigned int cpus)
{
	if (ns == COLUMN_MISSING_U64 || ns < DISTURBED_LEAST_NS || !span_ns || !cpus)
		return 0;
	return (double)ns / ((double)span_ns * cpus);
}

void disturbed__describe(uint64_t steal_ns, uint64_t other_ns, uint64_t span_ns,
			 unsigned int cpus, char *text, size_t size)
{
	double steal = share(steal_ns, span_ns, cpus), others = share(other_ns, span_ns, cpus);
	bool stolen = steal > DISTURBED_STEAL;

	text[0] = '\0';
	if (stolen)
		snprintf(text, size, "steal: the hypervisor took %.1f %% of the CPUs' time",
			 steal * 100);
	if (others > DISTURBED_OTHERS)
		snprintf(text + strlen(text), size - strlen(text), "%sothers: they used %.1f %% of "
			 "the CPUs' time", stolen ? "; " : "", others * 100);
}
