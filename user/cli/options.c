// SPDX-License-Identifier: GPL-2.0-or-later
// The command line: which command, and what follows from its options together. glibc's argp does
// the parsing, the help and the messages; each command has its own options in its file.
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "workloads/crowd/arms.h"
#include "workloads/locks/lock.h"
#include "base/cpulist.h"
#include "base/exits.h"
#include "cli/parts.h"
#include "labs/headline.h"

#define DEFAULT_BUDGET_S 110
#define DEFAULT_PRECISION_PERCENT 1
#define DEFAULT_TIME_LIMIT_S 120
#define COMPARE_BUDGET_S 180
#define COMPARE_TIME_LIMIT_S 600
#define LAB_TIME_LIMIT_S 120

static const struct {
	const char *name;
	enum command command;
	const char *summary;
	const struct argp *argp;
} commands[] = {
	{ "run", COMMAND_RUN, "a built-in experiment: why are N threads slower than one?",
	  &options_run__argp },
	{ "compare", COMMAND_COMPARE, "two command lines: why is OTHER slower?",
	  &options_compare__argp },
	{ "trace", COMMAND_TRACE, "one program, one traced run", &options_trace__argp },
	{ "attach", COMMAND_ATTACH, "a program that already runs", &options_attach__argp },
	{ "calibrate", COMMAND_CALIBRATE, "this machine's price list", &options_calibrate__argp },
	{ "labs", COMMAND_LABS, "every claim of the lab sheet, tested", &options_labs__argp },
	{ "timeline", COMMAND_TIMELINE, "what a run's threads and its lock did, and when",
	  &options_timeline__argp },
	{ "report", COMMAND_REPORT, "report.html of a results folder", &options_report__argp },
	{ "explain", COMMAND_EXPLAIN, "the verdict once more, from CSV files; several pooled",
	  &options_explain__argp },
	{ "list", COMMAND_LIST, "experiments, arms and locks, one line each",
	  &options_list__argp },
	{ "doctor", COMMAND_DOCTOR, "can this machine measure? what is missing?",
	  &options_doctor__argp },
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
	options->samples = true;
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

static void add_doses(struct experiment_options *experiment)
{
	if (!slowdown__has_doses(experiment->parameters.lock))
		return;
	for (size_t i = 0; slowdown__doses[i]; i++)
		experiment->arms[experiment->narms++] = slowdown__doses[i];
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
	if (options->command == COMMAND_RUN && !options->lab && !options->arms_given)
		add_doses(experiment);
	/* A lab has a budget of its own, and what is watched ends by itself. */
	if (!experiment->blocks && !experiment->budget_s &&
	    (compare || (options->command == COMMAND_RUN && !options->lab)))
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
	fprintf(stderr, "switchtax: unknown command '%s'; there are: ", argv[1]);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(stderr, "%s%s", i ? ", " : "", commands[i].name);
	fputc('\n', stderr);
	exit(EXIT_USAGE);
}

void options__parse(struct options *options, int argc, char **argv)
{
	static char name[64];
	size_t index = find_command(argc, argv);
	const struct argp *argp = commands[index].argp;
	unsigned int flags = commands[index].command == COMMAND_TRACE ? ARGP_IN_ORDER : 0;

	*options = (struct options){ .command = commands[index].command, .argc = argc,
				     .argv = argv };
	set_defaults(options);
	/* argp speaks of argv[0]: let it say "switchtax run". */
	snprintf(name, sizeof(name), "switchtax %s", commands[index].name);
	argv[1] = name;
	argp_err_exit_status = EXIT_USAGE;
	if (argp == &options_run__argp)
		argp = options_run_lab__argp(argc, argv);
	argp_parse(argp, argc - 1, argv + 1, flags, NULL, options);
	argv[1] = (char *)commands[index].name;
	settle_options(options);
}
