// SPDX-License-Identifier: GPL-2.0-or-later
// The command line. glibc's argp does the parsing, the help and the messages.
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../workloads/arms.h"
#include "cpulist.h"
#include "exits.h"

#define DEFAULT_BUDGET_S 110
#define DEFAULT_PRECISION_PERCENT 1
#define DEFAULT_TIME_LIMIT_S 120
#define MAX_WORKERS 1000
#define MAX_OBJECTS 1000000000ULL
#define MAX_BLOCKS 10000

enum {
	KEY_WORKERS = 256, KEY_OBJECTS, KEY_LOCK, KEY_INTERVAL, KEY_ARMS, KEY_BLOCKS, KEY_FORMAT,
	KEY_SEED, KEY_BUDGET, KEY_PRECISION, KEY_CPUS, KEY_NO_BPF, KEY_TIMELINE, KEY_TIME_LIMIT,
	KEY_AS_ROOT, KEY_VERSION,
};

static const struct argp_option common_options[] = {
	{ "output", 'o', "DIR", 0, "results folder (default: results/NAME-UTCTIME)", 0 },
	{ "format", KEY_FORMAT, "FORMAT", 0, "what goes to stdout: text, json or csv", 0 },
	{ "quiet", 'q', NULL, 0, "only errors on stderr", 0 },
	{ "verbose", 'v', NULL, 0, "also what the kernel and libbpf say", 0 },
	{ "cpus", KEY_CPUS, "LIST", 0, "run the program on these CPUs only, as 0-3,8", 0 },
	{ "timeline", KEY_TIMELINE, NULL, 0, "also write each hand-off to handoffs.csv", 0 },
	{ "version", KEY_VERSION, NULL, 0, "print the version", -1 },
	{ NULL, 'h', NULL, OPTION_HIDDEN, NULL, -1 },
	{ 0 },
};

static const struct argp_option run_options[] = {
	{ NULL, 0, NULL, 0, "The workload:", 1 },
	{ "workers", KEY_WORKERS, "N", 0, "tasks, and threads in the threaded arms (default 5)", 1 },
	{ "objects", KEY_OBJECTS, "N", 0, "floats in each task's list (default 5000000)", 1 },
	{ "lock", KEY_LOCK, "NAME", 0, "the global lock: gil, mutex, none (default gil)", 1 },
	{ "interval-us", KEY_INTERVAL, "N", 0, "switch interval in us (default 5000)", 1 },
	{ "arms", KEY_ARMS, "LIST", 0, "arms to run, with commas (default: all five)", 1 },
	{ NULL, 0, NULL, 0, "The experiment:", 2 },
	{ "blocks", KEY_BLOCKS, "N", 0, "measured blocks (default: as precision and budget say)",
	  2 },
	{ "budget", KEY_BUDGET, "SECONDS", 0, "stop before this is exceeded (default 110)", 2 },
	{ "precision", KEY_PRECISION, "PERCENT", 0,
	  "stop when the slowdown is known to +- this (default 1)", 2 },
	{ "seed", KEY_SEED, "N", 0, "of the tasks and of the order of runs (default: the time)", 2 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0, "of a single run (default 120)", 2 },
	{ "no-bpf", KEY_NO_BPF, NULL, 0, "untraced runs only: times and the ladder", 2 },
	{ 0 },
};

static const struct argp_option trace_options[] = {
	{ "as-root", KEY_AS_ROOT, NULL, 0,
	  "run the program as root, not as the user who called sudo", 1 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0, "kill the program after this (default: never)",
	  1 },
	{ 0 },
};

static uint64_t whole(struct argp_state *state, const char *option, const char *text,
		      uint64_t low, uint64_t high)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || end == text || text[0] < '0' || text[0] > '9' || value < low ||
	    value > high)
		argp_error(state, "--%s: '%s' is not a whole number from %" PRIu64 " to %" PRIu64,
			   option, text, low, high);
	return value;
}

static double positive(struct argp_state *state, const char *option, const char *text, double high)
{
	double value;
	char *end;

	errno = 0;
	value = strtod(text, &end);
	if (errno || *end || end == text || !isfinite(value) || value <= 0 || value > high)
		argp_error(state, "--%s: '%s' is not a number above 0, up to %g", option, text, high);
	return value;
}

static void parse_format(struct argp_state *state, struct options *options, const char *text)
{
	if (strcmp(text, "text") == 0)
		options->format = FORMAT_TEXT;
	else if (strcmp(text, "json") == 0)
		options->format = FORMAT_JSON;
	else if (strcmp(text, "csv") == 0)
		options->format = FORMAT_CSV;
	else
		argp_error(state, "--format: '%s' is not one of text, json, csv", text);
}

static void parse_lock(struct argp_state *state, struct options *options, const char *name)
{
	const struct lock_kind *kind = lock_kind_find(name);
	char names[256] = "";

	if (kind) {
		options->experiment.parameters.lock = kind->name;
		return;
	}
	for (size_t i = 0; lock_kinds[i]; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 i ? ", " : "", lock_kinds[i]->name);
	argp_error(state, "--lock: '%s' is not one of %s", name, names);
}

static void unknown_arm(struct argp_state *state, const char *name)
{
	char names[256] = "";

	for (size_t i = 0; arms[i].name; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 i ? ", " : "", arms[i].name);
	argp_error(state, "--arms: '%s' is not one of %s", name, names);
}

static void parse_arms(struct argp_state *state, struct options *options, const char *list)
{
	struct experiment_options *experiment = &options->experiment;
	char *rest = options->arms, *name;

	if (strlen(list) >= sizeof(options->arms))
		argp_error(state, "--arms: the list is too long");
	snprintf(options->arms, sizeof(options->arms), "%s", list);
	experiment->narms = 0;
	while ((name = strsep(&rest, ",")) != NULL) {
		if (!arm_find(name))
			unknown_arm(state, name);
		for (size_t i = 0; i < experiment->narms; i++)
			if (strcmp(experiment->arms[i], name) == 0)
				argp_error(state, "--arms: '%s' is named twice", name);
		experiment->arms[experiment->narms++] = name;
	}
}

/* A CPU that does not exist, or that we may not use, is refused here, by name. */
static void parse_cpus(struct argp_state *state, struct options *options, const char *text)
{
	cpu_set_t wanted, usable, both;

	if (cpulist__parse(text, &wanted))
		argp_error(state, "--cpus: '%s' is not a list of CPUs as 0-3,8", text);
	sched_getaffinity(0, sizeof(usable), &usable);
	CPU_AND(&both, &wanted, &usable);
	if (!CPU_EQUAL(&both, &wanted)) {
		cpulist__format(&usable, options->cpus, sizeof(options->cpus));
		argp_error(state, "--cpus: '%s' has CPUs that cannot be used; usable: %s", text,
			   options->cpus);
	}
	cpulist__format(&wanted, options->cpus, sizeof(options->cpus));
}

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'o': options->output = arg; break;
	case 'q': options->quiet = true; break;
	case 'v': options->verbose = true; break;
	case KEY_FORMAT: parse_format(state, options, arg); break;
	case KEY_CPUS: parse_cpus(state, options, arg); break;
	case KEY_TIMELINE: options->experiment.timeline = true; break;
	case 'h': argp_state_help(state, stdout, ARGP_HELP_STD_HELP); break;
	case KEY_VERSION:
		printf("switchtax %s\n", SWITCHTAX_VERSION);
		exit(EXIT_MEASURED);
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse_run(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct experiment_options *experiment = &options->experiment;
	struct workload_parameters *workload = &experiment->parameters;

	switch (key) {
	case KEY_WORKERS: workload->workers = whole(state, "workers", arg, 1, MAX_WORKERS); break;
	case KEY_OBJECTS: workload->objects = whole(state, "objects", arg, 1, MAX_OBJECTS); break;
	case KEY_LOCK: parse_lock(state, options, arg); break;
	case KEY_INTERVAL:
		workload->interval_us = whole(state, "interval-us", arg, 1, 10000000);
		break;
	case KEY_ARMS: parse_arms(state, options, arg); break;
	case KEY_BLOCKS: experiment->blocks = whole(state, "blocks", arg, 1, MAX_BLOCKS); break;
	case KEY_BUDGET: experiment->budget_s = positive(state, "budget", arg, 1e6); break;
	case KEY_PRECISION:
		experiment->precision_percent = positive(state, "precision", arg, 100);
		break;
	case KEY_SEED: experiment->seed = whole(state, "seed", arg, 0, UINT32_MAX); break;
	case KEY_TIME_LIMIT:
		experiment->time_limit_s = whole(state, "time-limit", arg, 1, 1000000);
		break;
	case KEY_NO_BPF: options->bpf = false; break;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0 || strcmp(arg, "slowdown") != 0)
			argp_error(state, "unknown experiment '%s'; there is: slowdown", arg);
		break;
	case ARGP_KEY_INIT: state->child_inputs[0] = options; break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse_trace(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_AS_ROOT: options->as_root = true; break;
	case KEY_TIME_LIMIT:
		options->experiment.time_limit_s = whole(state, "time-limit", arg, 1, 1000000);
		break;
	case ARGP_KEY_ARGS: options->program = state->argv + state->next; break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which program? switchtax trace [OPTION...] -- COMMAND [ARG...]");
		break;
	case ARGP_KEY_INIT: state->child_inputs[0] = options; break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse_plain(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'", arg); break;
	case ARGP_KEY_INIT: state->child_inputs[0] = state->input; break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp common_argp = { common_options, parse_common, NULL, NULL, NULL, NULL,
					 NULL };
static const struct argp_child common_child[] = { { &common_argp, 0, "Common:", 9 }, { 0 } };

static const struct {
	const char *name;
	enum command command;
	const char *summary;
	struct argp argp;
} commands[] = {
	{ "run", COMMAND_RUN, "a built-in experiment: why are N threads slower than one?",
	  { run_options, parse_run, "[slowdown]",
	    "Run the headline experiment in all its arms and say what explains the slowdown."
	    "\vExamples:\n"
	    "  switchtax run                                  under two minutes\n"
	    "  switchtax run --workers 2 --objects 1000000    smaller\n"
	    "  switchtax run --arms sequential,threads --blocks 20\n"
	    "  switchtax run --lock mutex --interval-us 1000 -o results/mutex\n"
	    "  switchtax run --format json | jq .answer\n",
	    common_child, NULL, NULL } },
	{ "trace", COMMAND_TRACE, "one program, one traced run",
	  { trace_options, parse_trace, "-- COMMAND [ARG...]",
	    "Run a program once and say where its threads' time went, and its lock's time if "
	    "the program announces its lock.\vExamples:\n"
	    "  switchtax trace -- make -j4\n"
	    "  switchtax trace -o results/py -- python3 threads.py\n"
	    "  switchtax trace --timeline -- build/workloads/slowdown --objects 200000\n",
	    common_child, NULL, NULL } },
	{ "list", COMMAND_LIST, "experiments, arms and locks, one line each",
	  { NULL, parse_plain, "",
	    "List what there is.\vExamples:\n"
	    "  switchtax list\n"
	    "  switchtax list --format json\n",
	    common_child, NULL, NULL } },
	{ "doctor", COMMAND_DOCTOR, "can this machine measure? what is missing?",
	  { NULL, parse_plain, "",
	    "Check this machine, and say what to do.\vExamples:\n"
	    "  switchtax doctor\n"
	    "  switchtax doctor --format json\n",
	    common_child, NULL, NULL } },
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
	fputs("Usage: switchtax COMMAND [OPTION...]\n"
	      "Why are N threads slower than one? Measures it, and makes the numbers add up.\n\n"
	      "Commands:\n", out);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`switchtax COMMAND --help` shows options and examples; see also man switchtax.\n"
	      "Exit status: 0 measured and valid, 1 not valid or a workload failed, 2 usage,\n"
	      "3 this machine cannot measure, 130 interrupted.\n", out);
}

static void set_defaults(struct options *options)
{
	struct experiment_options *experiment = &options->experiment;

	options->bpf = true;
	experiment->name = "slowdown";
	experiment->parameters.lock = lock_kinds[0]->name;
	experiment->parameters.workers = 5;
	experiment->parameters.objects = 5000000;
	experiment->parameters.interval_us = 5000;
	experiment->precision_percent = DEFAULT_PRECISION_PERCENT;
	experiment->seed = (uint64_t)time(NULL) & UINT32_MAX;
	for (size_t i = 0; arms[i].name; i++)
		experiment->arms[experiment->narms++] = arms[i].name;
}

/* What follows from several options together. */
static void settle_options(struct options *options)
{
	struct experiment_options *experiment = &options->experiment;
	cpu_set_t usable;

	if (!options->cpus[0]) {
		sched_getaffinity(0, sizeof(usable), &usable);
		cpulist__format(&usable, options->cpus, sizeof(options->cpus));
	}
	cpulist__parse(options->cpus, &usable);
	experiment->cpus = options->cpus;
	experiment->parameters.one_cpu = cpulist__last(&usable);
	experiment->parameters.seed = experiment->seed;
	experiment->quiet = options->quiet;
	if (!experiment->blocks && !experiment->budget_s)
		experiment->budget_s = DEFAULT_BUDGET_S;
	if (!experiment->time_limit_s && options->command == COMMAND_RUN)
		experiment->time_limit_s = DEFAULT_TIME_LIMIT_S;
}

static size_t find_command(int argc, char **argv)
{
	if (argc < 2) {
		print_usage(stderr);
		exit(EXIT_USAGE);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		print_usage(stdout);
		exit(EXIT_MEASURED);
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("switchtax %s\n", SWITCHTAX_VERSION);
		exit(EXIT_MEASURED);
	}
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return i;
	fprintf(stderr, "switchtax: unknown command '%s'; there are: run, trace, list, doctor\n",
		argv[1]);
	exit(EXIT_USAGE);
}

void options__parse(struct options *options, int argc, char **argv)
{
	static char name[64];
	size_t index = find_command(argc, argv);
	unsigned int flags = commands[index].command == COMMAND_TRACE ? ARGP_IN_ORDER : 0;

	*options = (struct options){ .command = commands[index].command, .argc = argc,
				     .argv = argv };
	set_defaults(options);
	/* argp speaks of argv[0]: let it say "switchtax run". */
	snprintf(name, sizeof(name), "switchtax %s", commands[index].name);
	argv[1] = name;
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&commands[index].argp, argc - 1, argv + 1, flags, NULL, options);
	argv[1] = (char *)commands[index].name;
	settle_options(options);
}
