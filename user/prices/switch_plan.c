// SPDX-License-Identifier: GPL-2.0-or-later
// Lists the runs of `switchcost`.
#include "prices/switch_plan.h"

#include <inttypes.h>
#include <stdio.h>

#include "workloads/kit/vector.h"
#include "machine/machine.h"

#define SMALLEST (4ULL << 10)
#define LARGEST_ALWAYS (1ULL << 20)

size_t switch_plan__sizes(uint64_t l2_bytes, uint64_t sizes[SWITCH_PLAN_MAX_SIZES])
{
	uint64_t bytes = SMALLEST;
	size_t count = 0;

	if (l2_bytes == MACHINE_UNKNOWN)
		l2_bytes = 0;
	sizes[count++] = bytes;
	while (count < SWITCH_PLAN_MAX_SIZES && (bytes < LARGEST_ALWAYS || bytes <= l2_bytes)) {
		bytes *= 4;
		sizes[count++] = bytes;
	}
	return count;
}

void switch_plan__arm(uint64_t bytes, char arm[ROWS_NAME_SIZE])
{
	snprintf(arm, ROWS_NAME_SIZE, SWITCH_PLAN_THREAD "-%" PRIu64, bytes);
}

/* Times come from untraced runs: a probe would be in every switch. */
static struct plan_arm *step(struct lab_plan *plan, const char *arm, const char *mode)
{
	struct plan_arm *added = lab_plan__step(plan, "switchcost", "%s", arm);

	added->tracing = LAB_UNTRACED;
	added->one_cpu = true;
	added->workers = 2;
	lab_step__args(plan, added, "--mode %s", mode);
	return added;
}

static void add_sizes(struct lab_plan *plan)
{
	uint64_t sizes[SWITCH_PLAN_MAX_SIZES];
	struct machine machine;
	size_t count;

	machine__read(&machine);
	count = switch_plan__sizes(machine.l2_bytes, sizes);
	for (size_t i = 0; i < count; i++) {
		char arm[ROWS_NAME_SIZE];
		struct plan_arm *added;

		switch_plan__arm(sizes[i], arm);
		added = step(plan, arm, "thread");
		lab_step__args(plan, added, "--bytes %" PRIu64, sizes[i]);
	}
}

static void add_cross(struct lab_plan *plan, const char *arm, const char *mode)
{
	struct plan_arm *added = step(plan, arm, mode);

	added->one_cpu = false;
	lab_step__args(plan, added, "--cross");
}

void switch_plan__steps(struct lab_plan *plan, const struct lab_options *options)
{
	step(plan, SWITCH_PLAN_THREAD, "thread");
	step(plan, SWITCH_PLAN_PROCESS, "process");
	if (vector_widest() != VECTOR_NONE) {
		struct plan_arm *vector = step(plan, SWITCH_PLAN_VECTOR, "thread");

		lab_step__args(plan, vector, "--vector yes");
	}
	add_sizes(plan);
	if (options->cpus > 1) {
		add_cross(plan, SWITCH_PLAN_THREAD_CROSS, "thread");
		add_cross(plan, SWITCH_PLAN_PROCESS_CROSS, "process");
	}
	if (!options->traced)
		return;
	step(plan, SWITCH_PLAN_THREAD_TRACED, "thread")->tracing = LAB_TRACED;
	step(plan, SWITCH_PLAN_PROCESS_TRACED, "process")->tracing = LAB_TRACED;
}
