// SPDX-License-Identifier: GPL-2.0-or-later
// How long an I/O thread takes to answer while others compute under the same lock.
#include "crowd/convoy.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/arguments.h"
#include "kit/evidence.h"

struct options {
	struct convoy_config config;
	uint64_t interval_us;
};

static const struct argp_option argp_options[] = {
	{ "interval-us", 'i', "N", 0, "switch interval of the lock (default: 5000)", 0 },
	{ "cpu-threads", 'k', "N", 0, "threads that compute, 0: none (default: 1)", 0 },
	{ "responses", 'n', "N", 0, "answers to process (default: 100)", 0 },
	{ "answer-us", 'a', "N", 0, "time the peer takes to answer (default: 1000)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct convoy_config *config = &options->config;

	switch (key) {
	case 'i':
		options->interval_us = argument_number(state, "interval-us", arg, 1, 10000000);
		break;
	case 'k':
		config->cpu_threads = (uint32_t)argument_number(state, "cpu-threads", arg, 0,
								CONVOY_MAX_THREADS);
		break;
	case 'n': config->responses = argument_number(state, "responses", arg, 1, 1000000); break;
	case 'a': config->answer_us = argument_number(state, "answer-us", arg, 1, 1000000); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static int by_size(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* The nearest rank: the least value that as large a share of all does not exceed. */
static double percentile(const uint64_t *sorted, uint64_t count, uint64_t percent)
{
	uint64_t rank = (count * percent + 99) / 100;

	return (double)sorted[rank - 1];
}

static void print_result(const struct options *options, const struct window *window,
			 uint64_t *latency_ns, uint64_t steps)
{
	const struct announce_lock *page = lock_page(options->config.lock);
	uint64_t count = options->config.responses;
	char variant[64];

	snprintf(variant, sizeof(variant), "%lu", options->interval_us);
	if (!options->config.cpu_threads)
		snprintf(variant, sizeof(variant), "alone");
	qsort(latency_ns, count, sizeof(*latency_ns), by_size);
	window_print(window);
	printf("acquisitions %llu\nreleases %llu\nhandoffs %llu\n", page->acquisitions,
	       page->releases, page->handoffs);
	evidence("convoy_latency_ns", variant, percentile(latency_ns, count, 50), "ns");
	evidence("convoy_latency_p99_ns", variant, percentile(latency_ns, count, 99), "ns");
	evidence("convoy_responses", variant, (double)count, "count");
	evidence("convoy_steps", variant, (double)steps, "count");
}

static int run(struct options *options)
{
	uint64_t *latency_ns = calloc(options->config.responses, sizeof(*latency_ns)), steps;
	struct lock *lock = lock_new(&lock_gil, options->interval_us * NSEC_PER_USEC);
	struct window window;
	int err = lock && latency_ns ? 0 : -ENOMEM;

	options->config.lock = lock;
	if (!err) {
		window_open(&window, lock_page(lock));
		err = convoy_run(&options->config, latency_ns, &steps);
		window_close(&window);
		if (err)	/* threads may still use the lock: it goes with the process */
			return err;
		print_result(options, &window, latency_ns, steps);
	}
	lock_free(lock);
	free(latency_ns);
	return err;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Process answers in one thread while others compute, all under one lock.",
		NULL, NULL, NULL };
	struct options options = {
		.config = { .cpu_threads = 1, .responses = 100, .answer_us = 1000 },
		.interval_us = 5000,
	};
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	err = run(&options);
	if (err)
		fprintf(stderr, "convoy: %s\n", strerror(-err));
	return err ? 1 : 0;
}
