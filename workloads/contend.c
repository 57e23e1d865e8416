// SPDX-License-Identifier: GPL-2.0-or-later
// Many threads, one lock, one counter: are they kept apart, at what price, and is it fair?
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kit/arguments.h"
#include "crowd/contention.h"
#include "kit/cpu.h"
#include "kit/evidence.h"

struct options {
	const struct lock_kind *kind;
	struct contention_config config;
	uint64_t interval_ns;
	int cpu;		/* -1: any */
};

static const struct argp_option argp_options[] = {
	{ "lock", 'l', "NAME", 0, "the lock: " LOCK_NAMES " (default: gil)", 0 },
	{ "workers", 'w', "N", 0, "threads (default: 5)", 0 },
	{ "steps", 'n', "N", 0, "increments of each thread (default: 1000000)", 0 },
	{ "interval-us", 'i', "N", 0, "switch interval of gil in microseconds (default: 5000)", 0 },
	{ "time-limit-ms", 't', "N", 0, "stop between two steps after this (default: 5000)", 0 },
	{ "cpu", 'c', "N", 0, "run on this CPU only", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct contention_config *config = &options->config;

	switch (key) {
	case 'l': options->kind = argument_lock(state, "lock", arg); break;
	case 'w':
		config->workers = (uint32_t)argument_number(state, "workers", arg, 1, 1024);
		break;
	case 'n': config->steps = argument_number(state, "steps", arg, 1, 1000000000); break;
	case 'i': options->interval_ns = argument_interval_ns(state, arg); break;
	case 't':
		config->time_limit_ns = 1000 * NSEC_PER_USEC *
					argument_number(state, "time-limit-ms", arg, 1, 3600000);
		break;
	case 'c': options->cpu = argument_cpu(state, "cpu", arg); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void print_result(const struct window *window, const struct announce_lock *page,
			 const struct contention_result *result)
{
	double steps = (double)result->steps;

	window_print(window);
	printf("acquisitions %llu\nreleases %llu\nhandoffs %llu\n", page->acquisitions,
	       page->releases, page->handoffs);
	evidence("contend_steps", "-", steps, "count");
	/* Without a lock the counter only ever lacks steps: it is never ahead of them. */
	evidence("contend_lost", "-", steps - (double)result->counter, "count");
	evidence("contend_handoffs", "-", (double)page->handoffs, "count");
	evidence("contend_timed_out", "-", result->timed_out, "count");
	/* Nothing was done: there is no price and there are no shares. */
	if (!result->steps)
		return;
	evidence("contend_ns_per_step", "-", (double)result->busy_ns / steps, "ns");
	evidence("contend_share_min", "-", result->share_min, "ratio");
	evidence("contend_share_max", "-", result->share_max, "ratio");
}

static int run(const struct options *options)
{
	struct lock *lock = lock_new(options->kind, options->interval_ns);
	struct contention_result result;
	struct window window;
	int err;

	if (!lock)
		return -errno;
	window_open(&window, lock_page(lock));
	err = contention_run(&options->config, lock, &result);
	window_close(&window);
	if (!err)
		print_result(&window, &lock->page, &result);
	lock_free(lock);
	return err;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Let threads contend for a lock, and count what they have done under it.", NULL,
		NULL, NULL };
	struct options options = {
		.kind = &lock_gil,
		.config = { .workers = 5, .steps = 1000000,
			    .time_limit_ns = 5000000 * NSEC_PER_USEC },
		.interval_ns = 5000 * NSEC_PER_USEC,
		.cpu = -1,
	};
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	err = options.cpu < 0 ? 0 : cpu_confine(options.cpu);
	if (!err)
		err = run(&options);
	if (err)
		fprintf(stderr, "contend: %s: %s\n", options.kind->name, strerror(-err));
	return err ? 1 : 0;
}
