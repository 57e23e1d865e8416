// SPDX-License-Identifier: GPL-2.0-or-later
// C5, C6, C7: are threads slower under the lock, do more of them gain anything, and is
// switching the reason? The headline experiment in small, with a sweep over workers, a few
// doses of hand-offs, and the article's program in the machine's own Python.
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labs/slowdown.h"
#include "labs/headline.h"
#include "program/path.h"

/* The sweep over workers goes no further unless asked to: each of them needs its memory. */
#define SWEEP_MAX 8
#define SWEEP_LIMIT 64

/* All tasks in one thread if threads is 0; without tasks it is what Python's start costs. */
static const char python_code[] =
	"import random, sys, threading\n"
	"objects, tasks, threads = (int(text) for text in sys.argv[1:])\n"
	"def task():\n"
	"    max([random.random() for _ in range(objects)])\n"
	"workers = [threading.Thread(target=task) for _ in range(threads)]\n"
	"for worker in workers:\n"
	"    worker.start()\n"
	"for worker in workers:\n"
	"    worker.join()\n"
	"for _ in range(tasks):\n"
	"    task()\n";

struct parameters {
	uint64_t workers;
	uint64_t objects;
	uint64_t interval_us;
	uint64_t sweep;		/* most workers of the sweep */
	uint64_t seed;
	const char *lock;
	int one_cpu;
};

static uint64_t or_default(uint64_t value, uint64_t otherwise)
{
	return value ? value : otherwise;
}

uint64_t lab_slowdown__most_workers(const struct lab_options *options)
{
	uint64_t cpus = options->cpus < SWEEP_MAX ? options->cpus : SWEEP_MAX;
	uint64_t end = or_default(options->workers, cpus > 4 ? cpus : 4);

	return end < SWEEP_LIMIT ? end : SWEEP_LIMIT;
}

static struct parameters parameters_of(const struct lab_options *options)
{
	return (struct parameters){
		.workers = or_default(options->workers, LAB_SLOWDOWN_WORKERS),
		.objects = or_default(options->objects, 2500000),
		.interval_us = or_default(options->interval_us, 5000),
		.sweep = lab_slowdown__most_workers(options),
		.seed = options->seed & UINT32_MAX,
		.lock = options->lock ? options->lock : "gil",
		.one_cpu = options->one_cpu,
	};
}

uint64_t lab_slowdown__next_count(uint64_t workers)
{
	return workers < SWEEP_MAX ? workers + 1 : workers * 2;
}

static void add_number(struct lab_plan *plan, struct plan_arm *step, const char *option,
		       uint64_t value)
{
	lab_step__arg(plan, step, "--%s", option);
	lab_step__arg(plan, step, "%" PRIu64, value);
}

/* Traced, it is a step of the ledger; the clock is read from untraced runs only. */
static void add_arm(struct lab_plan *plan, const struct parameters *parameters, const char *name,
		    const char *arm, enum lab_tracing tracing)
{
	struct plan_arm *step = lab_plan__step(plan, LAB_SLOWDOWN, "%s", name);

	step->tracing = tracing;
	step->workers = parameters->workers;
	step->objects = parameters->objects;
	step->interval_us = parameters->interval_us;
	step->lock = parameters->lock;
	lab_step__arg(plan, step, "--arm");
	lab_step__arg(plan, step, "%s", arm);
	lab_step__arg(plan, step, "--lock");
	lab_step__arg(plan, step, "%s", parameters->lock);
	add_number(plan, step, "workers", parameters->workers);
	add_number(plan, step, "objects", parameters->objects);
	add_number(plan, step, "interval-us", parameters->interval_us);
	add_number(plan, step, "seed", parameters->seed);
	add_number(plan, step, "cpu", (uint64_t)parameters->one_cpu);
}

static void add_ladder(struct lab_plan *plan, const struct parameters *parameters)
{
	add_arm(plan, parameters, "sequential", "sequential", LAB_TRACED_AND_NOT);
	add_arm(plan, parameters, "interleaved", "interleaved", LAB_UNTRACED);
	add_arm(plan, parameters, "threads-1cpu", "threads-1cpu", LAB_UNTRACED);
	add_arm(plan, parameters, "threads", "threads", LAB_TRACED_AND_NOT);
}

static void add_doses(struct lab_plan *plan, const struct parameters *parameters)
{
	static const uint64_t intervals_us[] = { 100, 1000 };

	for (size_t i = 0; i < sizeof(intervals_us) / sizeof(intervals_us[0]); i++) {
		struct parameters at = *parameters;
		char name[ROWS_NAME_SIZE];

		at.interval_us = intervals_us[i];
		snprintf(name, sizeof(name), "threads-i%" PRIu64, at.interval_us);
		add_arm(plan, &at, name, "threads", LAB_UNTRACED);
	}
}

static void add_sweep(struct lab_plan *plan, const struct parameters *parameters)
{
	static const char *const arms[] = { "threads", "processes" };

	for (uint64_t workers = 1; workers <= parameters->sweep;
	     workers = lab_slowdown__next_count(workers))
		for (size_t i = 0; i < sizeof(arms) / sizeof(arms[0]); i++) {
			struct parameters some = *parameters;
			char name[ROWS_NAME_SIZE];

			some.workers = workers;
			snprintf(name, sizeof(name), "%s-w%" PRIu64, arms[i], workers);
			add_arm(plan, &some, name, arms[i], LAB_UNTRACED);
		}
}

/* -I: neither the environment nor the working folder may lend it other modules. */
static void add_python(struct lab_plan *plan, const struct parameters *parameters,
		       const char *name, uint64_t tasks, uint64_t threads)
{
	struct plan_arm *step = lab_plan__step(plan, "python3", "python-%s", name);

	step->external = true;
	step->tracing = LAB_UNTRACED;
	step->workers = parameters->workers;
	step->objects = parameters->objects;
	lab_step__arg(plan, step, "-I");
	lab_step__arg(plan, step, "-c");
	lab_step__arg(plan, step, "%s", python_code);
	lab_step__arg(plan, step, "%" PRIu64, parameters->objects);
	lab_step__arg(plan, step, "%" PRIu64, tasks);
	lab_step__arg(plan, step, "%" PRIu64, threads);
}

/* All tasks are alive at once, in the sweep as well. */
static int check_memory(const struct parameters *parameters, char *why, size_t why_size)
{
	uint64_t most = parameters->workers > parameters->sweep ? parameters->workers :
								  parameters->sweep;
	const struct experiment_options options = {
		.parameters = { .workers = most, .objects = parameters->objects },
	};

	return slowdown__check_memory(&options, why, why_size) ? -ENOSPC : 0;
}

static int plan_slowdown(const struct lab_options *options, struct lab_plan *plan, char *why,
			 size_t why_size)
{
	const struct parameters parameters = parameters_of(options);
	int err = check_memory(&parameters, why, why_size);
	char path[PATH_MAX];

	if (err)
		return err;
	add_ladder(plan, &parameters);
	add_doses(plan, &parameters);
	add_sweep(plan, &parameters);
	if (path__find("python3", path, sizeof(path)) == 0) {
		add_python(plan, &parameters, "start", 0, 0);
		add_python(plan, &parameters, "sequential", parameters.workers, 0);
		add_python(plan, &parameters, "threads", 0, parameters.workers);
	}
	return 0;
}

const struct lab lab_slowdown = {
	.name = LAB_SLOWDOWN,
	.summary = "threads against one thread and processes under the global lock, and why",
	.question = "Why are several threads slower than one, and would more of them help?",
	.claims = { "C5", "C6", "C7" },
	.takes = LAB_TAKES_WORKERS | LAB_TAKES_OBJECTS | LAB_TAKES_LOCK | LAB_TAKES_INTERVAL,
	.blocks = 9,	/* the fewest whose interval leaves out the extremes */
	.budget_s = 150,
	.warm_up = true,
	.plan = plan_slowdown,
	.judge = lab_slowdown__judge,
};
