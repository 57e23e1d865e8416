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

#include "../workloads/arguments.h"
#include "../workloads/arms.h"
#include "cpulist.h"
#include "exits.h"
#include "switch_interval.h"

#define DEFAULT_BUDGET_S 110
#define DEFAULT_PRECISION_PERCENT 1
#define DEFAULT_TIME_LIMIT_S 120
#define COMPARE_BUDGET_S 180
#define COMPARE_TIME_LIMIT_S 600
#define LAB_TIME_LIMIT_S 120
#define MAX_WORKERS 1000
#define MAX_OBJECTS 1000000000ULL
#define MAX_BLOCKS 10000

enum {
	KEY_WORKERS = 256, KEY_OBJECTS, KEY_LOCK, KEY_INTERVAL, KEY_ARMS, KEY_BLOCKS, KEY_FORMAT,
	KEY_SEED, KEY_BUDGET, KEY_PRECISION, KEY_CPUS, KEY_NO_BPF, KEY_TIMELINE, KEY_TIME_LIMIT,
	KEY_AS_ROOT, KEY_VERSION, KEY_LOCK_SYMBOLS, KEY_NO_LOCK, KEY_ONLY,
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
	{ "workers", KEY_WORKERS, "N", 0, "tasks, and threads in the threaded arms (default 5)",
	  1 },
	{ "objects", KEY_OBJECTS, "N", 0, "floats in each task's list (default 5000000)", 1 },
	{ "lock", KEY_LOCK, "NAME", 0, "the global lock: " LOCK_NAMES " (default gil)", 1 },
	{ "interval-us", KEY_INTERVAL, "N", 0, "switch interval in us (default 5000)", 1 },
	{ "arms", KEY_ARMS, "LIST", 0, "arms to run, with commas (default: all five)", 1 },
	{ NULL, 0, NULL, 0, "The experiment:", 2 },
	{ "blocks", KEY_BLOCKS, "N", 0, "measured blocks (default: as precision and budget say)",
	  2 },
	{ "budget", KEY_BUDGET, "SECONDS", 0, "stop before this is exceeded (default 110)", 2 },
	{ "precision", KEY_PRECISION, "PERCENT", 0,
	  "stop when the slowdown is known to +- this (default 1)", 2 },
	{ "seed", KEY_SEED, "N", 0, "of the tasks and of the order of runs (default: the time)",
	  2 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0, "of a single run (default 120)", 2 },
	{ "no-bpf", KEY_NO_BPF, NULL, 0, "untraced runs only: times and the ladder", 2 },
	{ 0 },
};

static const struct argp_option compare_options[] = {
	{ "arms", KEY_ARMS, "LIST", 0, "arms to run, with commas: base, other, other-1cpu, and for "
	  "Python other-interval-US (default: these, with 500, 5000 and 50000 us)", 1 },
	{ "blocks", KEY_BLOCKS, "N", 0, "measured blocks (default: as precision and budget say)",
	  1 },
	{ "budget", KEY_BUDGET, "SECONDS", 0, "stop before this is exceeded (default 180)", 1 },
	{ "precision", KEY_PRECISION, "PERCENT", 0,
	  "stop when the slowdown is known to +- this (default 1)", 1 },
	{ "seed", KEY_SEED, "N", 0, "of the order of runs (default: the time)", 1 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0, "of a single run (default 600)", 1 },
	{ "no-bpf", KEY_NO_BPF, NULL, 0, "untraced runs only: times and the ladder", 1 },
	{ "as-root", KEY_AS_ROOT, NULL, 0,
	  "run the programs as root, not as the user who called sudo", 1 },
	{ 0 },
};

static const struct argp_option labs_options[] = {
	{ "only", KEY_ONLY, "LIST", 0, "experiments or claims, with commas, as race,C7", 1 },
	{ "blocks", KEY_BLOCKS, "N", 0, "measured blocks of each (default: its own, see list)", 1 },
	{ "budget", KEY_BUDGET, "SECONDS", 0,
	  "of all together, shared out as by default (default: under ten minutes)", 1 },
	{ "seed", KEY_SEED, "N", 0, "of the tasks and of the order of runs (default: the time)",
	  1 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0, "of a single run (default 120)", 1 },
	{ "no-bpf", KEY_NO_BPF, NULL, 0, "untraced runs only", 1 },
	{ 0 },
};

static const struct argp_option calibrate_options[] = {
	{ "blocks", KEY_BLOCKS, "N", 0, "rounds, each of which measures every price once (default: "
	  "as the budget says)", 1 },
	{ "budget", KEY_BUDGET, "SECONDS", 0,
	  "stop before this is exceeded (default 60, but at least five rounds)", 1 },
	{ "seed", KEY_SEED, "N", 0, "of the order in a round (default: the time)", 1 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0, "of a single run (default 120)", 1 },
	{ "no-bpf", KEY_NO_BPF, NULL, 0, "leave out what needs probes", 1 },
	{ 0 },
};

static const struct argp_option lock_options[] = {
	{ "lock-symbols", KEY_LOCK_SYMBOLS, "ACQUIRE:RELEASE", 0,
	  "functions that take the program's lock and let go of it (Python's is found by itself)",
	  0 },
	{ "no-lock", KEY_NO_LOCK, NULL, 0, "do not watch the program's lock, only its threads", 0 },
	{ 0 },
};

static const struct argp_option attach_options[] = {
	{ "pid", 'p', "PID", 0, "the process to watch", 1 },
	{ "budget", KEY_BUDGET, "SECONDS", 0,
	  "watch for this long (default: until it ends, or Ctrl-C)", 1 },
	{ 0 },
};

static const struct argp_option trace_options[] = {
	{ "as-root", KEY_AS_ROOT, NULL, 0,
	  "run the program as root, not as the user who called sudo", 1 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0,
	  "kill the program after this (default: never)", 1 },
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
		argp_error(state, "--%s: '%s' is not a number above 0, up to %g", option, text,
			   high);
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

static bool is_arm(const struct options *options, const char *name)
{
	if (options->command == COMMAND_RUN)
		return arm_find(name) != NULL;
	return strcmp(name, "base") == 0 || strcmp(name, "other") == 0 ||
	       strcmp(name, "other-1cpu") == 0 || switch_interval__of_arm(name);
}

static void unknown_arm(struct argp_state *state, const char *name)
{
	const struct options *options = state->input;
	char names[256] = "";

	if (options->command == COMMAND_COMPARE)
		argp_error(state, "--arms: '%s' is not one of base, other, other-1cpu, "
			   "other-interval-US with US from 1 to %d", name,
			   SWITCH_INTERVAL_MAX_US);
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
		if (!is_arm(options, name))
			unknown_arm(state, name);
		if (experiment->narms == VERDICT_MAX_ARMS)
			argp_error(state, "--arms: more than %d", VERDICT_MAX_ARMS);
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

/* What every command that runs blocks takes. */
static error_t parse_blocks(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct experiment_options *experiment = &options->experiment;

	switch (key) {
	case KEY_ARMS:
		options->arms_given = true;
		parse_arms(state, options, arg);
		break;
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
	case ARGP_KEY_INIT: state->child_inputs[0] = options; break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void unknown_experiment(struct argp_state *state, const char *name)
{
	char names[512] = "slowdown";

	for (size_t i = 0; all_labs[i]; i++)
		if (strcmp(all_labs[i]->name, "slowdown") != 0)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), ", %s",
				 all_labs[i]->name);
	argp_error(state, state->arg_num ? "unexpected '%s': one experiment at a time, of %s"
					 : "unknown experiment '%s'; there are: %s", name, names);
}

static void parse_experiment(struct argp_state *state, struct options *options, const char *name)
{
	if (!state->arg_num && strcmp(name, "slowdown") == 0)
		return;
	options->lab = lab__find(name);
	options->experiment.name = name;
	if (state->arg_num || !options->lab)
		unknown_experiment(state, name);
}

/* An option that an experiment would ignore is a mistake. */
static void check_lab_options(struct argp_state *state, const struct options *options)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} taken[] = {
		{ LAB_TAKES_WORKERS, "workers" }, { LAB_TAKES_OBJECTS, "objects" },
		{ LAB_TAKES_LOCK, "lock" }, { LAB_TAKES_INTERVAL, "interval-us" },
	};

	if (!options->lab)
		return;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (options->given & ~options->lab->takes & taken[i].bit)
			argp_error(state, "--%s: the experiment '%s' has no such parameter",
				   taken[i].name, options->lab->name);
	if (options->arms_given)
		argp_error(state, "--arms: the arms of '%s' are fixed", options->lab->name);
	if (options->experiment.timeline)
		argp_error(state, "--timeline: only the experiment 'slowdown' has one");
}

static error_t parse_run(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct workload_parameters *workload = &options->experiment.parameters;

	switch (key) {
	case KEY_WORKERS:
		options->given |= LAB_TAKES_WORKERS;
		workload->workers = whole(state, "workers", arg, 1, MAX_WORKERS);
		break;
	case KEY_OBJECTS:
		options->given |= LAB_TAKES_OBJECTS;
		workload->objects = whole(state, "objects", arg, 1, MAX_OBJECTS);
		break;
	case KEY_LOCK:
		options->given |= LAB_TAKES_LOCK;
		workload->lock = argument_lock(state, "lock", arg)->name;
		break;
	case KEY_INTERVAL:
		options->given |= LAB_TAKES_INTERVAL;
		workload->interval_us = whole(state, "interval-us", arg, 1, 10000000);
		break;
	case ARGP_KEY_ARG: parse_experiment(state, options, arg); break;
	case ARGP_KEY_END: check_lab_options(state, options); break;
	default: return parse_blocks(key, arg, state);
	}
	return 0;
}

/* Is it the name of the lab, or of one of its claims? */
static bool is_called(const struct lab *lab, const char *name)
{
	for (size_t i = 0; lab->claims[i]; i++)
		if (strcmp(lab->claims[i], name) == 0)
			return true;
	return strcmp(lab->name, name) == 0;
}

static void parse_only(struct argp_state *state, struct options *options, const char *list)
{
	bool wanted[OPTIONS_MAX_LABS] = { false };
	char copy[512], *rest = copy, *name;

	if (strlen(list) >= sizeof(copy))
		argp_error(state, "--only: the list is too long");
	snprintf(copy, sizeof(copy), "%s", list);
	while ((name = strsep(&rest, ",")) != NULL) {
		bool known = false;

		for (size_t i = 0; all_labs[i]; i++) {
			bool called = is_called(all_labs[i], name);

			wanted[i] |= called;
			known |= called;
		}
		if (!known)
			argp_error(state, "--only: '%s' is neither an experiment nor a claim; "
				   "`switchtax list` shows them", name);
	}
	options->nonly = 0;
	for (size_t i = 0; all_labs[i]; i++)
		if (wanted[i])
			options->only[options->nonly++] = all_labs[i];
}

static error_t parse_labs(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_ONLY: parse_only(state, options, arg); break;
	case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'; experiments are chosen by "
				      "--only LIST", arg); break;
	case ARGP_KEY_END:
		if (options->experiment.timeline)
			argp_error(state, "--timeline: only `switchtax run slowdown` has one");
		break;
	default: return parse_blocks(key, arg, state);
	}
	return 0;
}

static error_t parse_compare(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_AS_ROOT: options->as_root = true; break;
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			argp_error(state, "unexpected argument '%s': each of the two command lines "
				   "is one argument, in quotes", arg);
		*(state->arg_num ? &options->other : &options->base) = arg;
		break;
	case ARGP_KEY_END:
		if (state->arg_num < 2)
			argp_error(state, "which two programs? switchtax compare [OPTION...] "
				   "'BASE' 'OTHER'");
		break;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		state->child_inputs[1] = options;
		break;
	default: return parse_blocks(key, arg, state);
	}
	return 0;
}

static void parse_lock_symbols(struct argp_state *state, struct options *options,
			       const char *text)
{
	const char *colon = strchr(text, ':');

	if (!colon || colon == text || !colon[1] || strchr(colon + 1, ':')) {
		argp_error(state, "--lock-symbols: '%s' is not two functions as ACQUIRE:RELEASE",
			   text);
		return;
	}
	if ((size_t)(colon - text) >= sizeof(options->acquire_name))
		argp_error(state, "--lock-symbols: '%s' is too long", text);
	snprintf(options->acquire_name, sizeof(options->acquire_name), "%.*s", (int)(colon - text),
		 text);
	options->acquire = options->acquire_name;
	options->release = colon + 1;
	if (strcmp(options->acquire, options->release) == 0)
		argp_error(state, "--lock-symbols: '%s' cannot both take the lock and let go of it",
			   options->acquire);
}

static error_t parse_lock_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_LOCK_SYMBOLS: parse_lock_symbols(state, options, arg); break;
	case KEY_NO_LOCK: options->no_lock = true; break;
	case ARGP_KEY_END:
		if (options->no_lock && options->acquire)
			argp_error(state, "--no-lock and --lock-symbols exclude each other");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse_attach(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'p': options->pid = (pid_t)whole(state, "pid", arg, 1, INT32_MAX); break;
	case KEY_BUDGET:
		options->experiment.budget_s = positive(state, "budget", arg, 1e6);
		break;
	case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'; the process is named "
				      "by -p PID", arg); break;
	case ARGP_KEY_END:
		if (!options->pid)
			argp_error(state, "which process? switchtax attach [OPTION...] -p PID");
		if (options->cpus[0])
			argp_error(state, "--cpus: attach leaves the process on the CPUs it is on");
		break;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		state->child_inputs[1] = options;
		break;
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
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		state->child_inputs[1] = options;
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* Of a command that takes no argument and has no time line. */
static error_t parse_calibrate(int key, char *arg, struct argp_state *state)
{
	const struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'", arg); break;
	case ARGP_KEY_END:
		if (options->experiment.timeline)
			argp_error(state, "--timeline: only `switchtax run slowdown` has one");
		break;
	default: return parse_blocks(key, arg, state);
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
static const struct argp lock_argp = { lock_options, parse_lock_option, NULL, NULL, NULL, NULL,
				       NULL };
static const struct argp_child program_children[] = { { &common_argp, 0, "Common:", 9 },
						      { &lock_argp, 0, NULL, 0 },
						      { 0 } };

static const struct {
	const char *name;
	enum command command;
	const char *summary;
	struct argp argp;
} commands[] = {
	{ "run", COMMAND_RUN, "a built-in experiment: why are N threads slower than one?",
	  { run_options, parse_run, "[EXPERIMENT]",
	    "Run the headline experiment (slowdown) in all its arms and say what explains the "
	    "slowdown; or another experiment of the lab sheet, with its verdict. `switchtax list` "
	    "names them."
	    "\vExamples:\n"
	    "  switchtax run                                  under two minutes\n"
	    "  switchtax run --workers 2 --objects 1000000    smaller\n"
	    "  switchtax run --arms sequential,threads --blocks 20\n"
	    "  switchtax run --lock mutex --interval-us 1000 -o results/mutex\n"
	    "  switchtax run --format json | jq .answer\n"
	    "  switchtax run race --workers 3                 a lab\n",
	    common_child, NULL, NULL } },
	{ "compare", COMMAND_COMPARE, "two command lines: why is OTHER slower?",
	  { compare_options, parse_compare, "'BASE' 'OTHER'",
	    "Run two programs in blocks, traced and untraced, and say why OTHER takes longer: "
	    "where the lock's time went, what one CPU changes, and for Python what the switch "
	    "interval changes. What the programs print goes to programs/ in the results folder."
	    "\vEach command line is one argument. Quotes, globs, ~ and $VARIABLES work; what needs "
	    "a shell is written as sh -c '...'.\n\nExamples:\n"
	    "  switchtax compare 'python3 single.py' 'python3 threads.py'\n"
	    "  switchtax compare --blocks 20 -o results/gzip 'gzip -1 -k -c f' 'gzip -9 -k -c f'\n"
	    "  switchtax compare --arms base,other,other-interval-100000 'python3 a.py' "
	    "'python3 b.py'\n"
	    "  switchtax compare --lock-symbols pthread_mutex_lock:pthread_mutex_unlock './a' "
	    "'./b'\n"
	    "  switchtax compare --no-bpf 'make -j1 -B' 'make -j4 -B'\n",
	    program_children, NULL, NULL } },
	{ "trace", COMMAND_TRACE, "one program, one traced run",
	  { trace_options, parse_trace, "-- COMMAND [ARG...]",
	    "Run a program once and say where its threads' time went, where its lock's time went "
	    "(Python's, or that of two functions that you name), and on which locks it slept."
	    "\vExamples:\n"
	    "  switchtax trace -- python3 threads.py\n"
	    "  switchtax trace -o results/make -- make -j4\n"
	    "  switchtax trace --lock-symbols pthread_mutex_lock:pthread_mutex_unlock -- ./prog\n"
	    "  switchtax trace --timeline -- build/workloads/slowdown --objects 200000\n",
	    program_children, NULL, NULL } },
	{ "attach", COMMAND_ATTACH, "a program that already runs",
	  { attach_options, parse_attach, "-p PID",
	    "Watch a process that already runs, for a while or until it ends, and leave it as it "
	    "was. Its threads are watched, and what they start meanwhile.\vExamples:\n"
	    "  switchtax attach -p 4711 --budget 10\n"
	    "  switchtax attach -p $(pgrep -n gunicorn) --budget 30 -o results/gunicorn\n",
	    program_children, NULL, NULL } },
	{ "calibrate", COMMAND_CALIBRATE, "this machine's price list",
	  { calibrate_options, parse_calibrate, "",
	    "Measure what things cost on this machine, each with its spread: a context switch "
	    "between threads and between processes, on one CPU and across two, with caches to "
	    "refill; a minor page fault; each lock, alone and contended; each kind of probe. `perf "
	    "bench sched pipe` runs beside them, where there is a perf."
	    "\vExamples:\n"
	    "  switchtax calibrate                       about a minute\n"
	    "  switchtax calibrate --budget 20 --cpus 1\n"
	    "  switchtax calibrate --format csv | grep ^switch,\n"
	    "  switchtax calibrate --no-bpf              needs no root\n",
	    common_child, NULL, NULL } },
	{ "labs", COMMAND_LABS, "every claim of the lab sheet, tested",
	  { labs_options, parse_labs, "",
	    "Run the experiments of the lab sheet and print the scoreboard: each claim with its "
	    "verdict, the figure that it rests on, and why. The evidence is left as CSV."
	    "\vExamples:\n"
	    "  switchtax labs                       under ten minutes\n"
	    "  switchtax labs --only race,C7        two experiments\n"
	    "  switchtax labs --budget 120 -o results/quick\n"
	    "  switchtax labs --format csv | column -ts,\n",
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
		fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`switchtax COMMAND --help` shows options and examples; see also man switchtax.\n"
	      "Exit status: 0 measured and valid, 1 not valid or a workload failed, 2 usage,\n"
	      "3 this machine cannot measure, 130 interrupted.\n", out);
}

static void set_defaults(struct options *options)
{
	struct experiment_options *experiment = &options->experiment;

	options->bpf = true;
	experiment->name = options->command == COMMAND_COMPARE ? "compare" :
			   options->command == COMMAND_LABS ? "labs" :
			   options->command == COMMAND_CALIBRATE ? "calibrate" : "slowdown";
	experiment->parameters.lock = lock_kinds[0]->name;
	experiment->parameters.workers = 5;
	experiment->parameters.objects = 5000000;
	experiment->parameters.interval_us = 5000;
	experiment->precision_percent = DEFAULT_PRECISION_PERCENT;
	experiment->seed = (uint64_t)time(NULL) & UINT32_MAX;
	/* Those of compare depend on its programs. */
	for (size_t i = 0; options->command != COMMAND_COMPARE && arms[i].name; i++)
		experiment->arms[experiment->narms++] = arms[i].name;
}

/* What follows from several options together. */
static void settle_options(struct options *options)
{
	struct experiment_options *experiment = &options->experiment;
	bool compare = options->command == COMMAND_COMPARE;
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
	/* A lab has a budget of its own. */
	if (!experiment->blocks && !experiment->budget_s && !options->lab &&
	    options->command != COMMAND_LABS && options->command != COMMAND_CALIBRATE)
		experiment->budget_s = compare ? COMPARE_BUDGET_S : DEFAULT_BUDGET_S;
	if (!experiment->time_limit_s && compare)
		experiment->time_limit_s = COMPARE_TIME_LIMIT_S;
	if (!experiment->time_limit_s && (options->command == COMMAND_LABS ||
					  options->command == COMMAND_CALIBRATE))
		experiment->time_limit_s = LAB_TIME_LIMIT_S;
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
	fprintf(stderr, "switchtax: unknown command '%s'; there are: run, compare, trace, attach, "
		"calibrate, labs, list, doctor\n", argv[1]);
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
