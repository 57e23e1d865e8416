// SPDX-License-Identifier: GPL-2.0-or-later
// The headline experiment: one workload in five arms, one of them at other switch intervals too,
// and the prices of its lock and of a switch.
#include "labs/headline.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "workloads/locks/lock.h"
#include "workloads/objects/task.h"
#include "machine/machine.h"
#include "program/arm_name.h"

/* An estimate of memory may be off by this much (see workloads/objects/task.c). */
#define MEMORY_MARGIN 1.05
#define MEMORY_BASE (64ULL << 20)

static const char *const ladder[] = { "sequential", "interleaved", "threads-1cpu", "threads",
				      "processes", NULL };

const struct verdict_question headline__question = {
	.base = "sequential",
	.other = "threads",
	.memory = "interleaved",
	.one_cpu = "threads-1cpu",
	.arms = ladder,
};

const char *const headline__doses[] = { "threads-interval-100", "threads-interval-1000", NULL };

bool headline__has_doses(const char *lock)
{
	const struct lock_kind *kind = lock_kind_find(lock);

	return kind && kind->shared && !kind->per_step && !kind->ticks;
}

static bool only_sequential(const struct experiment_options *options)
{
	return options->narms == 1 && strcmp(options->arms[0], "sequential") == 0;
}

static double bytes_needed(const struct experiment_options *options, uint64_t objects)
{
	double tasks = only_sequential(options) ? 1 : (double)options->parameters.workers;

	return tasks * (double)task_bytes(objects) * MEMORY_MARGIN + (double)MEMORY_BASE;
}

/* The largest count that fits, in two digits. */
static uint64_t objects_that_fit(const struct experiment_options *options, double available)
{
	double per_object = bytes_needed(options, 2000000) - bytes_needed(options, 1000000);
	double fit = (available - bytes_needed(options, 0)) / (per_object / 1000000);
	double scale;

	if (fit < 1)
		return 0;
	scale = pow(10, floor(log10(fit)) - 1);
	return fit < 10 ? (uint64_t)fit : (uint64_t)(floor(fit / scale) * scale);
}

int headline__check_memory(const struct experiment_options *options, char *error, size_t size)
{
	double available = (double)machine__available_bytes();
	double needed = bytes_needed(options, options->parameters.objects);

	if (available == 0 || needed <= available)
		return 0;
	snprintf(error, size, "%" PRIu64 " workers with %" PRIu64 " objects each need %.1f GB at "
		 "once, %.1f GB are available; --objects %" PRIu64 " would fit",
		 options->parameters.workers, options->parameters.objects, needed / 1e9,
		 available / 1e9, objects_that_fit(options, available));
	return -ENOMEM;
}

static int find(const char *name, char *path, size_t path_size, char *error, size_t size)
{
	int err = workload__find(name, path, path_size);

	if (err)
		snprintf(error, size, "%s: %s", path, err == -ENOENT ?
			 "the workload is not there; run make" : strerror(-err));
	return err;
}

static int fill_arm(struct plan_arm *arm, const char *name, const char *path,
		    const struct experiment_options *options)
{
	struct workload_parameters parameters = options->parameters;
	uint64_t us = arm_name__asked_us(name, headline__question.other);

	if (us)
		parameters.interval_us = us;
	*arm = (struct plan_arm){
		.path = path,
		.tracing = us ? LAB_UNTRACED : LAB_TRACED_AND_NOT,
		.measured_only = us,
		.workers = parameters.workers,
		.objects = parameters.objects,
		.interval_us = parameters.interval_us,
		.lock = parameters.lock,
		.args = workload__argv(path, us ? headline__question.other : name, &parameters),
	};
	columns__set_text(arm->name, sizeof(arm->name), name);
	return arm->args ? 0 : -ENOMEM;
}

static int fill_arms(struct headline *headline, const struct experiment_options *options)
{
	struct experiment_plan *plan = &headline->plan;
	int err = 0;

	for (size_t i = 0; i < options->narms && !err; i++)
		err = fill_arm(&plan->arms[plan->blocks.narms++], options->arms[i], headline->path,
			       options);
	return err;
}

static void fill_prices(struct headline *headline, const struct experiment_options *options)
{
	headline->price_runs = (struct price_runs){
		.lock_path = headline->lock_path,
		.switch_path = headline->switch_path,
		.lock = options->parameters.lock,
		.one_cpu = options->parameters.one_cpu,
		.cpus = options->cpus,
		.user = target_user__find(true),
		.timeout_ms = options->time_limit_s * 1000,
	};
}

/* The programs. switchcost prices a prediction that a verdict can do without. */
static int find_all(struct headline *headline, const char *name, char *error, size_t size)
{
	int err = find(name, headline->path, sizeof(headline->path), error, size);

	if (!err)
		err = find("lockcost", headline->lock_path, sizeof(headline->lock_path), error,
			   size);
	if (!err && workload__find("switchcost", headline->switch_path,
				   sizeof(headline->switch_path)))
		headline->switch_path[0] = '\0';
	return err;
}

/* Untraced, once at the start. */
static int measure_prices(void *arg, char *why, size_t size)
{
	struct headline *headline = arg;

	return price_runs__measure(&headline->price_runs, &headline->prices, why, size);
}

int headline__plan(struct headline *headline, const struct experiment_options *options,
		   char *error, size_t size)
{
	int err;

	*headline = (struct headline){
		.plan = {
			.blocks.options = options,
			.question = headline__question,
			.before = measure_prices,
			.before_arg = headline,
			.before_what = "prices",
		},
	};
	err = find_all(headline, options->name, error, size);
	if (err)
		return err;
	fill_prices(headline, options);
	err = fill_arms(headline, options);
	if (err)
		snprintf(error, size, "%s", strerror(-err));
	return err;
}

void headline__free(struct headline *headline)
{
	for (size_t i = 0; i < headline->plan.blocks.narms; i++)
		workload__free_argv(headline->plan.arms[i].args);
	headline->plan.blocks.narms = 0;
}
