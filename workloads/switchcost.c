// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What it costs to switch from one thread or process to another.
 *
 * lmbench's method (McVoy and Staelin, lmbench: Portable Tools for Performance Analysis,
 * USENIX 1996, section 6.6; its lat_ctx): a token goes round a ring of two through pipes, and
 * each sums its working set before it passes the token on. The same work without a switch is
 * timed too, one task passing the token to itself, and subtracted. Both are timed in turn, batch
 * by batch, in the same task: what the machine does in between happens to both.
 *
 * With a working set, a switch holds the refill of the caches too: the set that was summed alone
 * is warm, and the one that comes after the other task's is not.
 */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crowd/tokens.h"
#include "kit/arguments.h"
#include "kit/evidence.h"
#include "kit/vector.h"

#define MAX_BYTES (256ULL << 20)

/*
 * A batch takes less than a millisecond: on a busy machine most then see nobody else's time
 * slice, and the median is one of those. Fewer round trips where each takes longer.
 */
#define BATCHES 151
#define ROUNDS 100
#define BYTES_PER_ROUND 16384
#define MIN_ROUNDS 4

struct options {
	struct tokens_plan plan;	/* rounds 0: by the working set; CPU -1: not said */
	bool vector;
	bool cross;
};

static const struct argp_option argp_options[] = {
	{ "mode", 'm', "MODE", 0, "what is switched between: thread or process (default: thread)",
	  0 },
	{ "bytes", 'b', "N", 0, "working set that each reads between two switches (default: 0)",
	  0 },
	{ "vector", 'v', "yes|no", 0, "leave data in the vector registers (default: no)", 0 },
	{ "cross", 'x', NULL, 0, "the two on different CPUs", 0 },
	{ "cpus", 'C', "A,B", 0, "those CPUs (default: the first two)", 0 },
	{ "cpu", 'c', "N", 0, "the CPU of both (default: the last)", 0 },
	{ "rounds", 'r', "N", 0, "round trips in a batch (default: 100, fewer with large sets)",
	  0 },
	{ "batches", 'n', "N", 0, "batches, of which the median counts (default: 151)", 0 },
	{ 0 },
};

static bool parse_choice(struct argp_state *state, const char *name, const char *text,
			 const char *no, const char *yes)
{
	if (strcmp(text, yes) && strcmp(text, no))
		argp_error(state, "--%s: '%s' is not one of %s, %s", name, text, no, yes);
	return strcmp(text, yes) == 0;
}

static void parse_cpus(struct argp_state *state, struct options *options, const char *text)
{
	char first[32];
	const char *comma = strchr(text, ',');

	if (!comma || (size_t)(comma - text) >= sizeof(first)) {
		argp_error(state, "--cpus: '%s' is not two CPUs as 0,1", text);
		return;
	}
	snprintf(first, sizeof(first), "%.*s", (int)(comma - text), text);
	options->plan.cpus[0] = argument_cpu(state, "cpus", first);
	options->plan.cpus[1] = argument_cpu(state, "cpus", comma + 1);
	if (options->plan.cpus[0] == options->plan.cpus[1])
		argp_error(state, "--cpus: '%s' names one CPU twice", text);
	options->cross = true;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct tokens_plan *plan = &options->plan;

	switch (key) {
	case 'm': plan->process = parse_choice(state, "mode", arg, "thread", "process"); break;
	case 'v': options->vector = parse_choice(state, "vector", arg, "no", "yes"); break;
	case 'b': plan->bytes = argument_number(state, "bytes", arg, 0, MAX_BYTES); break;
	case 'r': plan->rounds = argument_number(state, "rounds", arg, 1, 1000000); break;
	case 'n':
		plan->batches = argument_number(state, "batches", arg, 1, TOKENS_MAX_BATCHES);
		break;
	case 'x': options->cross = true; break;
	case 'C': parse_cpus(state, options, arg); break;
	case 'c':
		plan->cpus[0] = argument_cpu(state, "cpu", arg);
		plan->cpus[1] = plan->cpus[0];
		break;
	case ARGP_KEY_END:
		if (options->cross && plan->cpus[0] >= 0 && plan->cpus[0] == plan->cpus[1])
			argp_error(state, "--cpu is for one CPU, --cross for two: give --cpus A,B");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* The CPUs that were not said. Returns 0, or -ENODEV if there is only one and two are wanted. */
static int choose_cpus(struct options *options)
{
	struct tokens_plan *plan = &options->plan;
	int first = -1, second = -1, last = -1;
	cpu_set_t set;

	if (plan->cpus[0] >= 0)
		return 0;
	if (sched_getaffinity(0, sizeof(set), &set))
		return -errno;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		second = first >= 0 && second < 0 ? cpu : second;
		first = first < 0 ? cpu : first;
		last = cpu;
	}
	plan->cpus[0] = options->cross ? first : last;
	plan->cpus[1] = options->cross ? second : last;
	return plan->cpus[1] < 0 ? -ENODEV : 0;
}

/* "thread", "process-vector", "thread-cross", "thread-65536" */
static void name_variant(const struct options *options, char *name, size_t size)
{
	const struct tokens_plan *plan = &options->plan;
	char bytes[24] = "";

	if (plan->bytes)
		snprintf(bytes, sizeof(bytes), "-%lu", plan->bytes);
	snprintf(name, size, "%s%s%s%s", plan->process ? "process" : "thread",
		 options->vector ? "-vector" : "", options->cross ? "-cross" : "", bytes);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Reorders the values. */
static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/*
 * 1: entries of the TLB bear the process's number (PCID; the kernel uses it if it shows it), so
 * that a switch between processes need not drop them. Elsewhere than on x86 that is always so.
 */
static int tlb_is_tagged(void)
{
#if defined(__x86_64__)
	FILE *info = fopen("/proc/cpuinfo", "re");
	char line[8192];
	int tagged = 0;

	while (info && !tagged && fgets(line, sizeof(line), info))
		tagged = strncmp(line, "flags", 5) == 0 && strstr(line, " pcid ");
	if (info)
		fclose(info);
	return tagged;
#else
	return 1;
#endif
}

static void report(const struct options *options, struct tokens_times *times)
{
	const struct tokens_plan *plan = &options->plan;
	size_t count = plan->batches;
	char variant[64];

	name_variant(options, variant, sizeof(variant));
	evidence("switch_ns", variant, median(times->switch_ns, count), "ns");
	evidence("switch_raw_ns", variant, median(times->raw_ns, count), "ns");
	evidence("overhead_ns", variant, median(times->overhead_ns, count), "ns");
	evidence("switches_expected", variant, (double)(2 * plan->rounds * count), "count");
	evidence("switches_counted", variant, (double)times->counted, "count");
	evidence("working_set_bytes", variant, (double)plan->bytes, "bytes");
	if (plan->process)
		evidence("tlb_tagged", variant, tlb_is_tagged(), "count");
	if (options->vector)
		evidence("vector_bytes", variant, (double)vector_bytes(plan->vector), "bytes");
}

static uint64_t rounds_of(const struct options *options)
{
	const struct tokens_plan *plan = &options->plan;
	/* Waking another CPU takes many times as long as a switch. */
	uint64_t most = options->cross ? ROUNDS / 5 : ROUNDS;
	uint64_t rounds = most / (1 + plan->bytes / BYTES_PER_ROUND);

	if (plan->rounds)
		return plan->rounds;
	return rounds < MIN_ROUNDS ? MIN_ROUNDS : rounds;
}

static int run(struct options *options, struct window *window)
{
	static struct tokens_times times;
	struct tokens_plan *plan = &options->plan;
	int err;

	plan->vector = options->vector ? vector_widest() : VECTOR_NONE;
	plan->rounds = rounds_of(options);
	err = tokens_race(plan, &times, window);
	if (!err)
		report(options, &times);
	return err;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Time the switch between two threads or processes.", NULL, NULL, NULL };
	struct options options = { .plan = { .batches = BATCHES, .cpus = { -1, -1 } } };
	struct window window;
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (choose_cpus(&options)) {
		fputs("switchcost: --cross needs two CPUs, and only one can be used\n", stderr);
		return 3;
	}
	if (options.vector && vector_widest() == VECTOR_NONE) {
		fputs("switchcost: --vector: this CPU has no vector registers that we know "
		      "(AVX); leave the option out\n", stderr);
		return 3;
	}
	err = run(&options, &window);
	if (err)
		fprintf(stderr, "switchcost: %s\n", strerror(-err));
	else
		window_print(&window);
	return err ? 1 : 0;
}
