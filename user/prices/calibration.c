// SPDX-License-Identifier: GPL-2.0-or-later
// Plans a round of the price list, and measures what no workload can.
#include "prices/calibration.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "workloads/locks/lock.h"
#include "base/interrupt.h"
#include "prices/perf_pipe.h"
#include "prices/probe_price.h"
#include "prices/switch_plan.h"
#include "program/workload.h"

/* Long enough to contend, short enough for a lock that collapses. */
#define CONTENDED_STEPS 1000000
#define CONTENDED_LIMIT_MS 100

static void add_fault(struct lab_plan *plan)
{
	struct plan_arm *step = lab_plan__step(plan, "faults", CALIBRATION_FAULT);

	step->tracing = LAB_UNTRACED;
	step->one_cpu = true;
}

static void add_uncontended(struct lab_plan *plan, const struct lock_kind *kind)
{
	struct plan_arm *step = lab_plan__step(plan, "lockcost", CALIBRATION_LOCK, kind->name);

	step->tracing = LAB_UNTRACED;
	step->one_cpu = true;
	step->lock = kind->name;
	lab_step__args(plan, step, "--lock %s --pairs %d", kind->name, CALIBRATION_PAIRS);
}

/* By as many as can really want it at once; two at least. */
static void add_contended(struct lab_plan *plan, const struct lock_kind *kind, unsigned int cpus)
{
	struct plan_arm *step = lab_plan__step(plan, "contend", CALIBRATION_CONTENDED, kind->name);
	unsigned int workers = cpus < 2 ? 2 : cpus > 8 ? 8 : cpus;

	step->tracing = LAB_UNTRACED;
	step->lock = kind->name;
	step->workers = workers;
	lab_step__args(plan, step, "--lock %s --workers %u --steps %d --time-limit-ms %d",
		       kind->name, workers, CONTENDED_STEPS, CONTENDED_LIMIT_MS);
}

bool calibration__contends(void)
{
	char path[PATH_MAX];

	return workload__find("contend", path, sizeof(path)) == 0;
}

int calibration__plan(const struct lab_options *options, struct lab_plan *out)
{
	bool contends = calibration__contends();

	switch_plan__steps(out, options);
	add_fault(out);
	for (size_t i = 0; lock_kinds[i]; i++) {
		add_uncontended(out, lock_kinds[i]);
		/* What is no lock is not contended for. */
		if (contends && lock_kinds[i]->shared)
			add_contended(out, lock_kinds[i], options->cpus);
	}
	return 0;
}

void calibration__prepare(struct calibration_beside *beside, struct tracer *tracer, int one_cpu)
{
	*beside = (struct calibration_beside){ .tracer = tracer };
	snprintf(beside->cpu, sizeof(beside->cpu), "%d", one_cpu);
	perf_pipe__find(beside->no_perf, sizeof(beside->no_perf));
}

/* It belongs to no run. */
static int observe(struct lab_result *result, uint64_t block, const char *arm, const char *metric,
		   const char *variant, double ns)
{
	struct observation observation = { .row = { .block = block, .value = ns, .unit = "ns" } };
	struct observation_row *row = &observation.row;

	columns__set_text(row->experiment, sizeof(row->experiment), CALIBRATION_NAME);
	columns__set_text(row->arm, sizeof(row->arm), arm);
	columns__set_text(row->metric, sizeof(row->metric), metric);
	columns__set_text(row->variant, sizeof(row->variant), variant);
	return isfinite(ns) ? observations__add(&result->observations, &observation) : 0;
}

static int price_probes(struct calibration_beside *beside, uint64_t block,
			struct lab_result *result)
{
	struct probe_hits hits;
	int err;

	if (!beside->tracer || beside->no_probes[0])
		return 0;
	if (probe_price__hits(beside->tracer, &hits, beside->no_probes, sizeof(beside->no_probes)))
		return 0;
	err = observe(result, block, CALIBRATION_PROBES, CALIBRATION_HIT, "uprobe", hits.entry_ns);
	if (!err)
		err = observe(result, block, CALIBRATION_PROBES, CALIBRATION_HIT, "uprobe-stepped",
			      hits.stepped_ns);
	if (!err)
		err = observe(result, block, CALIBRATION_PROBES, CALIBRATION_HIT, "uretprobe",
			      hits.return_ns);
	return err;
}

/* The system calls of a pass in this block; NAN: not measured. */
static double system_calls_ns(const struct observations *observations, uint64_t block)
{
	for (size_t i = 0; i < observations->count; i++) {
		const struct observation_row *row = &observations->items[i].row;

		if (row->block == block && !strcmp(row->arm, SWITCH_PLAN_THREAD) &&
		    !strcmp(row->metric, "overhead_ns"))
			return row->value;
	}
	return NAN;
}

static int price_perf(struct calibration_beside *beside, uint64_t block, struct lab_result *result)
{
	const struct target_user user = target_user__find(false);
	double calls_ns = system_calls_ns(&result->observations, block), ns;
	int err;

	if (beside->no_perf[0])
		return 0;
	err = perf_pipe__run(beside->cpu, &user, &ns, beside->no_perf, sizeof(beside->no_perf));
	if (err)
		return err == -EINTR ? err : 0;
	err = observe(result, block, CALIBRATION_PERF, CALIBRATION_OPERATION, "thread", ns);
	if (err)
		return err;
	return observe(result, block, CALIBRATION_PERF, CALIBRATION_PERF_SWITCH, "thread",
		       ns / 2 - calls_ns);
}

int calibration__beside(void *arg, uint64_t block, struct lab_result *result)
{
	struct calibration_beside *beside = arg;
	int err = price_perf(beside, block, result);

	if (!err && interrupt__pending())
		err = -EINTR;
	return err ? err : price_probes(beside, block, result);
}
