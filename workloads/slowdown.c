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

#include "arms.h"
#include "usage.h"

struct options {
	const struct arm *arm;
	struct arm_config config;
	int cpu;		/* for arms that want one CPU */
	int arenas;		/* malloc arenas; 0: glibc's default */
};

static const struct argp_option argp_options[] = {
	{ "arm", 'a', "NAME", 0, "how to run the tasks (default: threads)", 0 },
	{ "lock", 'l', "NAME", 0, "the shared lock: gil, mutex, none (default: gil)", 0 },
	{ "workers", 'w', "N", 0, "number of tasks (default: 5)", 0 },
	{ "objects", 'n', "N", 0, "floats per task (default: 5000000)", 0 },
	{ "interval-us", 'i', "N", 0, "switch interval in microseconds (default: 5000)", 0 },
	{ "seed", 's', "N", 0, "seed of the first task (default: 1)", 0 },
	{ "cpu", 'c', "N", 0, "the CPU of threads-1cpu (default: 0)", 0 },
	{ "arenas", 'A', "N", 0, "malloc arenas, 0: one per thread (default: 1)", 0 },
	{ 0 },
};

static unsigned long long number(struct argp_state *state, const char *name, const char *text,
				 unsigned long long low, unsigned long long high)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || end == text || text[0] == '-' || value < low || value > high)
		argp_error(state, "--%s: '%s' is not a whole number from %llu to %llu", name, text,
			   low, high);
	return value;
}

static void parse_lock(struct argp_state *state, struct options *options, const char *name)
{
	options->config.lock = lock_kind_find(name);
	if (!options->config.lock)
		argp_error(state, "--lock: '%s' is not one of gil, mutex, none", name);
}

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
	case 'l': parse_lock(state, options, arg); break;
	case 'w': config->workers = (uint32_t)number(state, "workers", arg, 1, 1024); break;
	case 'n': config->objects = number(state, "objects", arg, 1, 1ULL << 40); break;
	case 'i':
		config->interval_ns = NSEC_PER_USEC *
				      number(state, "interval-us", arg, 1, 10000000);
		break;
	case 's': config->seed = (uint32_t)number(state, "seed", arg, 0, UINT32_MAX); break;
	case 'c': options->cpu = (int)number(state, "cpu", arg, 0, CPU_SETSIZE - 1); break;
	case 'A': options->arenas = (int)number(state, "arenas", arg, 0, 1024); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static int confine_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static void print_result(const struct usage *usage, uint64_t outer_ns,
			 const struct arm_result *result)
{
	uint64_t rss = usage_peak_rss_bytes();

	printf("wall_ns %lu\nwall_outer_ns %lu\nuser_ns %lu\nsys_ns %lu\n", usage->wall_ns,
	       outer_ns, usage->user_ns, usage->sys_ns);
	printf("switches_voluntary %lu\nswitches_involuntary %lu\n", usage->switches_voluntary,
	       usage->switches_involuntary);
	printf("faults_minor %lu\nfaults_major %lu\n", usage->faults_minor, usage->faults_major);
	printf("max_rss_bytes %lu\n", result->children_peak_rss_bytes > rss ?
	       result->children_peak_rss_bytes : rss);
	printf("acquisitions %lu\nreleases %lu\nhandoffs %lu\n", result->acquisitions,
	       result->releases, result->handoffs);
	printf("tasks_done %lu\nobjects_allocated %lu\nobjects_freed %lu\nmaximum %.17g\n",
	       result->tasks_done, result->allocated, result->freed, result->maximum);
}

/*
 * The clock is read inside and outside of the window's markers: the thread may lose its
 * CPU between a marker and a reading, so what a tracer calls the window lies in between.
 */
static int run_window(const struct options *options, struct lock *lock, struct usage *usage,
		      uint64_t *outer_ns, struct arm_result *result)
{
	const struct announce_lock *page = options->arm->locked ? lock_page(lock) : NULL;
	uint64_t start = clock_now_ns();
	struct usage before, after;
	int err;

	announce(ANNOUNCE_WINDOW_OPEN, page);
	before = usage_now();
	err = options->arm->run(&options->config, lock, result);
	after = usage_now();
	announce(ANNOUNCE_WINDOW_CLOSE, page);
	*outer_ns = clock_now_ns() - start;
	*usage = usage_between(&before, &after);
	return err;
}

static int run(const struct options *options)
{
	const struct lock_kind *kind = options->arm->locked ? options->config.lock : &lock_none;
	struct lock *lock = lock_new(kind, options->config.interval_ns);
	struct arm_result result = { 0 };
	uint64_t outer_ns = 0;
	struct usage usage;
	int err = lock ? 0 : -errno;

	if (!err)
		err = run_window(options, lock, &usage, &outer_ns, &result);
	lock_free(lock);
	if (!err)
		print_result(&usage, outer_ns, &result);
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
	err = options.arm->one_cpu ? confine_to(options.cpu) : 0;
	if (!err)
		err = run(&options);
	if (err)
		fprintf(stderr, "slowdown: %s: %s\n", options.arm->name, strerror(-err));
	return err ? 1 : 0;
}
