// SPDX-License-Identifier: GPL-2.0-or-later
// C5, C6, C7: are threads slower under the lock, do more of them gain anything, and is
// switching the reason? The headline experiment in small, with a sweep over workers, a few
// doses of hand-offs, and the article's program in the machine's own Python.
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "labs/slowdown.h"
#include "labs/headline.h"
#include "program/path.h"

/* The sweep over workers goes no further unless asked to: each of them needs its memory. */
#define SWEEP_MAX 8
#define SWEEP_LIMIT 64

#define OBJECTS 2500000

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

uint64_t lab_slowdown__most_workers(const struct lab_options *options)
{
	uint64_t cpus = options->cpus < SWEEP_MAX ? options->cpus : SWEEP_MAX;
	uint64_t end = options->workers ?: cpus > 4 ? cpus : 4;

	return end < SWEEP_LIMIT ? end : SWEEP_LIMIT;
}

uint64_t lab_slowdown__next_count(uint64_t workers)
{
	return workers < SWEEP_MAX ? workers + 1 : workers * 2;
}

struct lab_options lab_slowdown__options(const struct lab_options *asked, uint64_t objects)
{
	struct lab_options options = *asked;

	options.workers = asked->workers ?: LAB_SLOWDOWN_WORKERS;
	options.objects = asked->objects ?: objects;
	options.interval_us = asked->interval_us ?: LAB_SLOWDOWN_INTERVAL_US;
	options.lock = asked->lock ?: "gil";
	return options;
}

/* The clock is read from untraced runs only. */
struct plan_arm *lab_slowdown__step(struct lab_plan *plan, const struct lab_options *options,
				    const char *name, const char *arm)
{
	struct plan_arm *step = lab_plan__step(plan, LAB_SLOWDOWN, "%s", name);

	step->tracing = LAB_UNTRACED;
	step->workers = options->workers;
	step->objects = options->objects;
	step->interval_us = options->interval_us;
	step->lock = options->lock;
	lab_step__args(plan, step, "--arm %s --lock %s --workers %lu --objects %lu "
		       "--interval-us %lu --seed %lu", arm, step->lock, step->workers,
		       step->objects, step->interval_us, options->seed & UINT32_MAX);
	return step;
}

int lab_slowdown__check_memory(struct lab_plan *plan, uint64_t workers, uint64_t objects)
{
	const struct experiment_options options = {
		.parameters = { .workers = workers, .objects = objects },
	};

	return headline__check_memory(&options, plan->why, sizeof(plan->why)) ? -ENOSPC : 0;
}

/* Traced, it is a step of the ledger too. */
static void add_arm(struct lab_plan *plan, const struct lab_options *options, const char *name,
		    const char *arm, enum lab_tracing tracing)
{
	struct plan_arm *step = lab_slowdown__step(plan, options, name, arm);

	step->tracing = tracing;
	lab_step__args(plan, step, "--cpu %d", options->one_cpu);
}

static void add_ladder(struct lab_plan *plan, const struct lab_options *options)
{
	add_arm(plan, options, "sequential", "sequential", LAB_TRACED_AND_NOT);
	add_arm(plan, options, "interleaved", "interleaved", LAB_UNTRACED);
	add_arm(plan, options, "threads-1cpu", "threads-1cpu", LAB_UNTRACED);
	add_arm(plan, options, "threads", "threads", LAB_TRACED_AND_NOT);
}

static void add_doses(struct lab_plan *plan, const struct lab_options *options)
{
	static const uint64_t intervals_us[] = { 100, 1000 };

	for (size_t i = 0; i < sizeof(intervals_us) / sizeof(intervals_us[0]); i++) {
		struct lab_options at = *options;
		char name[ROWS_NAME_SIZE];

		at.interval_us = intervals_us[i];
		snprintf(name, sizeof(name), "threads-i%" PRIu64, at.interval_us);
		add_arm(plan, &at, name, "threads", LAB_UNTRACED);
	}
}

static void add_sweep(struct lab_plan *plan, const struct lab_options *options, uint64_t most)
{
	static const char *const arms[] = { "threads", "processes" };

	for (uint64_t workers = 1; workers <= most; workers = lab_slowdown__next_count(workers))
		for (size_t i = 0; i < sizeof(arms) / sizeof(arms[0]); i++) {
			struct lab_options some = *options;
			char name[ROWS_NAME_SIZE];

			some.workers = workers;
			snprintf(name, sizeof(name), "%s-w%" PRIu64, arms[i], workers);
			add_arm(plan, &some, name, arms[i], LAB_UNTRACED);
		}
}

/* -I: neither the environment nor the working folder may lend it other modules. */
static void add_python(struct lab_plan *plan, const struct lab_options *options, const char *name,
		       uint64_t tasks, uint64_t threads)
{
	struct plan_arm *step = lab_plan__step(plan, "python3", "python-%s", name);

	step->external = true;
	step->tracing = LAB_UNTRACED;
	step->workers = options->workers;
	step->objects = options->objects;
	lab_step__args(plan, step, "-I -c");
	lab_step__arg(plan, step, python_code);
	lab_step__args(plan, step, "%lu %lu %lu", options->objects, tasks, threads);
}

/* All tasks are alive at once, in the sweep as well. */
static int plan(const struct lab_options *asked, struct lab_plan *plan)
{
	struct lab_options options = lab_slowdown__options(asked, OBJECTS);
	uint64_t sweep = lab_slowdown__most_workers(asked);
	char path[PATH_MAX];

	if (lab_slowdown__check_memory(plan, options.workers > sweep ? options.workers : sweep,
				       options.objects))
		return -ENOSPC;
	add_ladder(plan, &options);
	add_doses(plan, &options);
	add_sweep(plan, &options, sweep);
	if (path__find("python3", path, sizeof(path)) == 0) {
		add_python(plan, &options, "start", 0, 0);
		add_python(plan, &options, "sequential", options.workers, 0);
		add_python(plan, &options, "threads", 0, options.workers);
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
	.plan = plan,
	.judge = lab_slowdown__judge,
};
