// SPDX-License-Identifier: GPL-2.0-or-later
// Sharing between processes: the price of a message by each means, or, with --guard, what
// becomes of a counter in shared memory.
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kit/arguments.h"
#include "include/clock.h"
#include "kit/cpu.h"
#include "kit/evidence.h"
#include "means/exchange.h"
#include "crowd/shared_counter.h"

#define MOST_BYTES (16 << 20)

struct options {
	const struct means *means;
	size_t bytes;
	uint64_t messages;
	int cpu;		/* -1: all that there are */
	struct shared_counter_config counter;	/* guard NULL: messages */
};

static const struct argp_option argp_options[] = {
	{ "means", 'm', "NAME", 0, "pipe, unix, mq, shm, in-place (between processes), pointer "
	  "(between threads) (default: pipe)", 0 },
	{ "bytes", 'b', "N", 0, "size of a message, a multiple of 8 (default: 64)", 0 },
	{ "messages", 'n', "N", 0, "messages there and back, and one way (default: 2000)", 0 },
	{ "cpu", 'c', "N", 0, "run everything on this CPU (default: on all)", 0 },
	{ "guard", 'g', "NAME", 0, "share a counter instead: none, private, mutex, semaphore, "
	  "robust", 0 },
	{ "workers", 'w', "N", 0, "processes that count (default: 2)", 0 },
	{ "updates", 'u', "N", 0, "updates of each process in a round (default: 20000)", 0 },
	{ "limit-ms", 'l', "N", 0, "rounds go on until the processes have overlapped, but no "
	  "longer than this (default: 3000)", 0 },
	{ 0 },
};

static void parse_means(struct argp_state *state, struct options *options, const char *name)
{
	options->means = means_find(name);
	if (!options->means)
		argp_error(state, "--means: '%s' is not one of pipe, unix, mq, shm, in-place, "
			   "pointer", name);
}

static void parse_guard(struct argp_state *state, struct options *options, const char *name)
{
	options->counter.guard = guard_find(name);
	if (!options->counter.guard)
		argp_error(state, "--guard: '%s' is not one of none, private, mutex, semaphore, "
			   "robust", name);
}

static void parse_bytes(struct argp_state *state, struct options *options, const char *text)
{
	options->bytes = argument_number(state, "bytes", text, 8, MOST_BYTES);
	if (options->bytes % 8)
		argp_error(state, "--bytes: '%s' is not a multiple of 8", text);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'm': parse_means(state, options, arg); break;
	case 'b': parse_bytes(state, options, arg); break;
	case 'n': options->messages = argument_number(state, "messages", arg, 1, 1000000); break;
	case 'c': options->cpu = argument_cpu(state, "cpu", arg); break;
	case 'g': parse_guard(state, options, arg); break;
	case 'w':
		options->counter.workers =
			(uint32_t)argument_number(state, "workers", arg, 2, FAMILY_MAX);
		break;
	case 'u':
		options->counter.updates = argument_number(state, "updates", arg, 1, 1000000000);
		break;
	case 'l':
		options->counter.limit_ns = NSEC_PER_USEC * 1000 *
					    argument_number(state, "limit-ms", arg, 1, 600000);
		break;
	case ARGP_KEY_END:
		if (options->means && options->counter.guard)
			argp_error(state, "--guard and --means exclude each other");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void print_exchange(const struct options *options, const struct exchange_result *result)
{
	char variant[64];

	snprintf(variant, sizeof(variant), "%s.%zu", options->means->name, options->bytes);
	evidence("ipc_latency_ns", variant, result->latency_ns, "ns");
	evidence("ipc_throughput", variant, result->bytes_per_s, "bytes_per_s");
	evidence("ipc_sent", variant, (double)result->sent, "count");
	evidence("ipc_messages", variant, (double)result->received, "count");
}

/* What went wrong, in words. */
static const char *words_for(int err)
{
	switch (err) {
	case -ECHILD: return "a child process was killed";
	case -EBADMSG: return "a message arrived out of order, or not as it was sent";
	default: return strerror(-err);
	}
}

static int run_exchange(const struct options *options)
{
	const struct means *means = options->means;
	struct channel channel = { .bytes = options->bytes };
	struct exchange_result result = { 0 };
	struct window window;
	int err = means->open(&channel);

	if (!err) {
		window_open(&window, NULL);
		err = exchange_run(means, &channel, options->messages, &result);
		window_close(&window);
	}
	means->close(&channel);
	if (!err) {
		window_print(&window);
		print_exchange(options, &result);
		return 0;
	}
	fprintf(stderr, "ipc: %s: %s\n", means->name,
		*channel.problem ? channel.problem : words_for(err));
	return *channel.problem ? 3 : 1;
}

static int run_counter(const struct shared_counter_config *config)
{
	const char *guard = config->guard->name;
	struct shared_counter_result result = { 0 };
	struct window window;
	int err;

	window_open(&window, NULL);
	err = shared_counter_run(config, &result);
	window_close(&window);
	if (err) {
		fprintf(stderr, "ipc: %s: %s\n", guard, words_for(err));
		return 1;
	}
	window_print(&window);
	evidence("shared_updates", guard, (double)result.updates, "count");
	evidence("shared_lost", guard, (double)result.updates - (double)result.counted, "count");
	evidence("shared_overlaps", guard, (double)result.overlaps, "count");
	if (config->guard->kills) {
		evidence("owner_died", guard, (double)result.owners_died, "count");
		evidence("owner_killed", guard, (double)result.killed, "count");
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Hand messages over by one means, there and back and one way; or share a counter.",
		NULL, NULL, NULL };
	struct options options = {
		.bytes = 64, .messages = 2000, .cpu = -1,
		.counter = { .workers = 2, .updates = 20000, .limit_ns = 3 * NSEC_PER_SEC },
	};
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (!options.means)
		options.means = &means_pipe;
	err = options.cpu < 0 ? 0 : cpu_confine(options.cpu);
	if (err) {
		fprintf(stderr, "ipc: CPU %d: %s\n", options.cpu, strerror(-err));
		return 3;
	}
	return options.counter.guard ? run_counter(&options.counter) : run_exchange(&options);
}
