// SPDX-License-Identifier: GPL-2.0-or-later
// Shares of one CPU by nice level, against the kernel's weights.
//
// The spinners are threads of one process, hence of one group: with autogroups or cgroups the
// weights hold inside of a group (sched(7)).
#include <stdio.h>

#include "crowd/kernel_sched.h"
#include "priority/priority.h"

static void print_shares(const struct priority_options *options, const uint64_t *cpu_ns)
{
	double sum = 0, weights = 0;

	for (unsigned int i = 0; i < options->nice_count; i++) {
		sum += (double)cpu_ns[i];
		weights += kernel_weight(options->nice[i]);
	}
	for (unsigned int i = 0; i < options->nice_count; i++) {
		char level[16];

		snprintf(level, sizeof(level), "%d", options->nice[i]);
		evidence("nice_share", level, sum > 0 ? (double)cpu_ns[i] / sum : 0, "ratio");
		evidence("nice_expected", level, kernel_weight(options->nice[i]) / weights,
			 "ratio");
	}
}

int priority_nice(const struct priority_options *options, struct window *window)
{
	const struct spinners_config config = { .kind = SPINNER_THREADS, .cpu = options->cpu,
						.count = options->nice_count,
						.nice = options->nice };
	uint64_t cpu_ns[PRIORITY_MAX_NICE] = { 0 };
	struct spinners *spinners;
	int err;

	window_open(window, NULL);
	err = spinners_start(&spinners, &config);
	if (!err)
		err = spinners_watch(spinners, options->ms, cpu_ns);
	spinners_stop(spinners);
	window_close(window);
	if (!err)
		print_shares(options, cpu_ns);
	return err;
}
