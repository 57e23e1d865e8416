// SPDX-License-Identifier: GPL-2.0-or-later
// The headline workload: one arm, once, inside one measuring window.
//
// Prints one "key value" pair per line on stdout: what the kernel charged for the
// window, and what the run itself counted, so that a tracer can be checked.
#include <argp.h>
#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/arguments.h"
#include "crowd/arms.h"
#include "kit/cpu.h"
#include "kit/evidence.h"

struct options {
	const struct arm *arm;
	struct arm_config config;
	int cpu;		/* for arms that want one CPU */
	int arenas;		/* malloc arenas; 0: glibc's default */
};

static const struct argp_option argp_options[] = {
	{ "arm", 'a', "NAME", 0, "how to run the tasks (default: threads)", 0 },
	{ "lock", 'l', "NAME", 0, "the shared lock: " LOCK_NAMES " (default: gil)", 0 },
	{ "workers", 'w', "N", 0, "number of tasks (default: 5)", 0 },
	{ "objects", 'n', "N", 0, "floats per task (default: 5000000)", 0 },
	{ "interval-us", 'i', "N", 0, "switch interval in microseconds (default: 5000)", 0 },
	{ "seed", 's', "N", 0, "seed of the first task (default: 1)", 0 },
	{ "cpu", 'c', "N", 0, "the CPU of threads-1cpu (default: 0)", 0 },
	{ "arenas", 'A', "N", 0, "malloc arenas, 0: one per thread (default: 1)", 0 },
	{ 0 },
};

static void parse_arm(struct argp_state *state, struct options *options, const char *name)
{
	options->arm = arm_find(name);
	if (!options->arm)
		argp_error(state, "--arm: '%s' is not an arm", name);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct arm_config *config = &options->config;

	switch (key) {
	case 'a': parse_arm(state, options, arg); break;
	case 'l': config->lock = argument_lock(state, "lock", arg); break;
	case 'w':
		config->workers = (uint32_t)argument_number(state, "workers", arg, 1, 1024);
		break;
	case 'n': config->objects = argument_number(state, "objects", arg, 1, 1ULL << 40); break;
	case 'i': config->interval_ns = argument_interval_ns(state, arg); break;
	case 's':
		config->seed = (uint32_t)argument_number(state, "seed", arg, 0, UINT32_MAX);
		break;
	case 'c': options->cpu = (int)argument_number(state, "cpu", arg, 0, CPU_SETSIZE - 1); break;
	case 'A': options->arenas = (int)argument_number(state, "arenas", arg, 0, 1024); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void print_result(const struct window *window, const struct arm_result *result)
{
	uint64_t rss = usage_peak_rss_bytes();

	window_print(window);
	printf("max_rss_bytes %lu\n", result->children_peak_rss_bytes > rss ?
	       result->children_peak_rss_bytes : rss);
	printf("acquisitions %lu\nreleases %lu\nhandoffs %lu\n", result->acquisitions,
	       result->releases, result->handoffs);
	printf("tasks_done %lu\nobjects_allocated %lu\nobjects_freed %lu\nmaximum %.17g\n",
	       result->tasks_done, result->allocated, result->freed, result->maximum);
	evidence("wall", "-", (double)window->usage.wall_ns / 1e6, "ms");
	evidence("handoffs", "-", (double)result->handoffs, "count");
}

static int run(const struct options *options)
{
	const struct lock_kind *kind = options->arm->locked ? options->config.lock : &lock_none;
	struct lock *lock = lock_new(kind, options->config.interval_ns);
	struct arm_result result = { 0 };
	struct window window;
	int err;

	if (!lock)
		return -errno;
	window_open(&window, options->arm->locked ? lock_page(lock) : NULL);
	err = options->arm->run(&options->config, lock, &result);
	window_close(&window);
	lock_free(lock);
	if (!err)
		print_result(&window, &result);
	return err;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Run the headline task in one arm, once.", NULL, NULL, NULL };
	struct options options = {
		.arm = arm_find("threads"),
		.config = { .lock = &lock_gil, .interval_ns = 5000 * NSEC_PER_USEC,
			    .objects = 5000000, .workers = 5, .seed = 1 },
		.arenas = 1,
	};
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (options.arenas)
		mallopt(M_ARENA_MAX, options.arenas);
	err = options.arm->one_cpu ? cpu_confine(options.cpu) : 0;
	if (!err)
		err = run(&options);
	if (err)
		fprintf(stderr, "slowdown: %s: %s\n", options.arm->name, strerror(-err));
	return err ? 1 : 0;
}
