// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of a command that is known, and what several of them take: the common options,
// blocks, the lock. glibc's argp does the parsing, the help and the messages.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cpulist.h"
#include "base/exits.h"
#include "cli/parts.h"
#include "program/switch_interval.h"

#define MAX_BLOCKS 10000
#define PRECISION_PERCENT 1

static const struct argp_option common_options[] = {
	{ "output", 'o', "DIR", 0, "results folder (default: results/NAME-UTCTIME)", 0 },
	{ "format", KEY_FORMAT, "FORMAT", 0, "what goes to stdout: text, json or csv", 0 },
	{ "quiet", 'q', NULL, 0, "only errors on stderr", 0 },
	{ "verbose", 'v', NULL, 0, "also what the kernel and libbpf say", 0 },
	{ "cpus", KEY_CPUS, "LIST", 0, "run the program on these CPUs only, as 0-3,8", 0 },
	{ "timeline", KEY_TIMELINE, NULL, 0, "also write every switch and hand-off of each traced "
	  "run to RUN_ID.timeline, and hand-offs to handoffs.csv", 0 },
	{ "btf", KEY_BTF, "FILE", 0, "the running kernel's types, where it does not have them "
	  "itself (/sys/kernel/btf/vmlinux)", 0 },
	{ "version", KEY_VERSION, NULL, 0, "print the version", -1 },
	{ NULL, 'h', NULL, OPTION_HIDDEN, NULL, -1 },
	{ 0 },
};

static const struct argp_option lock_options[] = {
	{ "lock-symbols", KEY_LOCK_SYMBOLS, "ACQUIRE:RELEASE", 0,
	  "functions that take the program's lock and let go of it (Python's is found by itself)",
	  0 },
	{ "no-lock", KEY_NO_LOCK, NULL, 0, "do not watch the program's lock, only its threads", 0 },
	{ 0 },
};

uint64_t options__whole(struct argp_state *state, const char *option, const char *text,
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

double options__positive(struct argp_state *state, const char *option, const char *text,
			 double high)
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

void options__arms(struct argp_state *state, const char *list, bool (*is_arm)(const char *name),
		   const char *known)
{
	struct options *options = state->input;
	struct experiment_options *experiment = &options->experiment;
	char *rest = options->arms, *name;

	if (strlen(list) >= sizeof(options->arms))
		argp_error(state, "--arms: the list is too long");
	snprintf(options->arms, sizeof(options->arms), "%s", list);
	experiment->narms = 0;
	while ((name = strsep(&rest, ",")) != NULL) {
		if (!is_arm(name))
			argp_error(state, "--arms: '%s' is not one of %s with US from 1 to %d",
				   name, known, SWITCH_INTERVAL_MAX_US);
		if (experiment->narms == VERDICT_MAX_ARMS)
			argp_error(state, "--arms: more than %d", VERDICT_MAX_ARMS);
		for (size_t i = 0; i < experiment->narms; i++)
			if (strcmp(experiment->arms[i], name) == 0)
				argp_error(state, "--arms: '%s' is named twice", name);
		experiment->arms[experiment->narms++] = name;
	}
}

void options__limits(struct experiment_options *experiment, double budget_s,
		     uint64_t time_limit_s)
{
	if (!experiment->blocks && !experiment->budget_s)
		experiment->budget_s = budget_s;
	if (!experiment->time_limit_s)
		experiment->time_limit_s = time_limit_s;
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
	case KEY_BTF: options->btf = arg; break;
	case 'h': argp_state_help(state, stdout, ARGP_HELP_STD_HELP); break;
	case KEY_VERSION:
		printf("switchtax %s\n", SWITCHTAX_VERSION);
		exit(EXIT_MEASURED);
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

error_t options__parse_shared(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct experiment_options *experiment = &options->experiment;

	switch (key) {
	case KEY_BLOCKS:
		experiment->blocks = options__whole(state, "blocks", arg, 1, MAX_BLOCKS);
		break;
	case KEY_BUDGET: experiment->budget_s = options__positive(state, "budget", arg, 1e6); break;
	case KEY_PRECISION:
		experiment->precision_percent = options__positive(state, "precision", arg, 100);
		break;
	case KEY_SEED: experiment->seed = options__whole(state, "seed", arg, 0, UINT32_MAX); break;
	case KEY_TIME_LIMIT:
		experiment->time_limit_s = options__whole(state, "time-limit", arg, 1, 1000000);
		break;
	case KEY_NO_BPF: options->bpf = false; break;
	case KEY_NO_SAMPLES: options->samples = false; break;
	case KEY_NO_HTML: options->no_html = true; break;
	case ARGP_KEY_INIT: state->child_inputs[0] = options; break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

error_t options__parse_program(int key, char *arg, struct argp_state *state)
{
	struct program_options *options = state->input;

	switch (key) {
	case KEY_AS_ROOT: options->as_root = true; break;
	case KEY_PYTHON_FRAMES: options->python_frames = true; break;
	case ARGP_KEY_INIT: state->child_inputs[1] = options; /* fall through */
	default: return options__parse_shared(key, arg, state);
	}
	return 0;
}

error_t options__parse_plain(int key, char *arg, struct argp_state *state)
{
	if (key != ARGP_KEY_ARG)
		return options__parse_shared(key, arg, state);
	argp_error(state, "unexpected argument '%s'", arg);
	return 0;
}

static void parse_lock_symbols(struct argp_state *state, struct program_options *options,
			       const char *text)
{
	const char *colon = strchr(text, ':');

	if (!colon || colon == text || !colon[1] || strchr(colon + 1, ':')) {
		argp_error(state, "--lock-symbols: '%s' is not two functions as ACQUIRE:RELEASE",
			   text);
		return;
	}
	if ((size_t)(colon - text) >= sizeof(options->acquire))
		argp_error(state, "--lock-symbols: '%s' is too long", text);
	snprintf(options->acquire, sizeof(options->acquire), "%.*s", (int)(colon - text),
		 text);
	options->lock.acquire = options->acquire;
	options->lock.release = colon + 1;
	if (strcmp(options->lock.acquire, options->lock.release) == 0)
		argp_error(state, "--lock-symbols: '%s' cannot both take the lock and let go of it",
			   options->lock.acquire);
}

static error_t parse_lock_option(int key, char *arg, struct argp_state *state)
{
	struct program_options *options = state->input;

	switch (key) {
	case KEY_LOCK_SYMBOLS: parse_lock_symbols(state, options, arg); break;
	case KEY_NO_LOCK: options->lock.none = true; break;
	case ARGP_KEY_END:
		if (options->lock.none && options->lock.acquire)
			argp_error(state, "--no-lock and --lock-symbols exclude each other");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp common_argp = { .options = common_options, .parser = parse_common };
static const struct argp lock_argp = { .options = lock_options, .parser = parse_lock_option };
const struct argp_child options__common[] = { { &common_argp, 0, "Common:", 9 }, { 0 } };
const struct argp_child options__program[] = { { &common_argp, 0, "Common:", 9 },
					       { &lock_argp, 0, NULL, 0 },
					       { 0 } };

/* The CPUs, which depend on the machine, and what the experiment needs to know of the rest. */
static void settle(struct options *options)
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
}

struct options *options__parse(const struct command *command, int argc, char **argv)
{
	static char name[64];
	struct options *options = calloc(1, command->options_size);

	if (!options)
		return NULL;
	*options = (struct options){
		.bpf = true,
		.samples = true,
		.experiment = { .name = command->name, .precision_percent = PRECISION_PERCENT,
				.seed = (uint64_t)time(NULL) & UINT32_MAX },
		.argc = argc,
		.argv = argv,
	};
	/* argp speaks of argv[0]: let it say "switchtax run". */
	snprintf(name, sizeof(name), "switchtax %s", command->name);
	argv[1] = name;
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(command->argp_of ? command->argp_of(argc, argv) : &command->argp, argc - 1,
		   argv + 1, command->argp_flags, NULL, options);
	argv[1] = (char *)command->name;
	settle(options);
	return options;
}
