// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of a command that is known. glibc's argp does the parsing, the help and the
// messages; each command has its own options in its file.
#include "cli/options.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cpulist.h"
#include "base/exits.h"

#define PRECISION_PERCENT 1

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
