// SPDX-License-Identifier: GPL-2.0-or-later
// Several spinners on one CPU: who gets how much of it?
//
// Models the article's machine with a single core. Prints the share of each spinner, and how
// fair the shares are by the index of Jain, Chiu and Hawe (DEC-TR-301, 1984): 1 where all are
// equal, 1 / k where one of k has everything.
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "kit/arguments.h"
#include "kit/evidence.h"
#include "crowd/kernel_sched.h"
#include "crowd/spinner.h"

struct options {
	struct spinners_config spinners;
	uint64_t ms;
};

static const struct argp_option argp_options[] = {
	{ "workers", 'w', "N", 0, "number of spinners, 1 to 256 (default: 4)", 0 },
	{ "who", 'p', "WHAT", 0, "threads or processes (default: threads)", 0 },
	{ "cpu", 'c', "N", 0, "the CPU that they share (default: the first usable)", 0 },
	{ "ms", 'm', "N", 0, "how long they are watched (default: 2000)", 0 },
	{ 0 },
};

static enum spinner_kind parse_kind(struct argp_state *state, const char *text)
{
	if (strcmp(text, "processes") == 0)
		return SPINNER_PROCESSES;
	if (strcmp(text, "threads") != 0)
		argp_error(state, "--who: '%s' is not one of threads, processes", text);
	return SPINNER_THREADS;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct spinners_config *spinners = &options->spinners;

	switch (key) {
	case 'w':
		spinners->count = (unsigned int)argument_number(state, "workers", arg, 1,
								SPINNERS_MAX);
		break;
	case 'p': spinners->kind = parse_kind(state, arg); break;
	case 'c': spinners->cpu = argument_cpu(state, "cpu", arg); break;
	case 'm': options->ms = argument_number(state, "ms", arg, 1, 60000); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void print_shares(const uint64_t *cpu_ns, unsigned int count)
{
	double sum = 0, squares = 0;
	char name[24];

	for (unsigned int i = 0; i < count; i++) {
		sum += (double)cpu_ns[i];
		squares += (double)cpu_ns[i] * (double)cpu_ns[i];
	}
	for (unsigned int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "worker-%u", i);
		evidence("cpu_share", name, sum > 0 ? (double)cpu_ns[i] / sum : 0, "ratio");
	}
	evidence("fairness", "-", squares > 0 ? sum * sum / (count * squares) : 0, "ratio");
	kernel_sched_print();
}

static int run(const struct options *options, struct window *window, uint64_t *cpu_ns)
{
	struct spinners *spinners;
	int err;

	window_open(window, NULL);
	err = spinners_start(&spinners, &options->spinners);
	if (!err)
		err = spinners_watch(spinners, options->ms, cpu_ns);
	spinners_stop(spinners);
	window_close(window);
	return err;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Watch how spinners share one CPU.", NULL, NULL, NULL };
	struct options options = { .spinners = { .count = 4, .cpu = argument_first_cpu() },
				   .ms = 2000 };
	uint64_t cpu_ns[SPINNERS_MAX] = { 0 };
	struct window window;
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	err = run(&options, &window, cpu_ns);
	if (err) {
		fprintf(stderr, "timeslice: cannot watch the spinners: %s\n", strerror(-err));
		return 1;
	}
	window_print(&window);
	print_shares(cpu_ns, options.spinners.count);
	return 0;
}
