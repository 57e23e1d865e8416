// SPDX-License-Identifier: GPL-2.0-or-later
// Which commands there are, in the order of the help, and which one is meant.
#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command *const commands[] = {
	&command__run, &command__compare, &command__trace, &command__attach, &command__calibrate,
	&command__labs, &command__timeline, &command__report, &command__explain, &command__list,
	&command__doctor,
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
	fputs("Usage: switchtax COMMAND [OPTION...]\n"
	      "Why are N threads slower than one? Measures it, and makes the numbers add up.\n\n"
	      "Commands:\n", out);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n`switchtax COMMAND --help` shows options and examples; see also man switchtax.\n"
	      "Exit status: 0 measured and valid, 1 not valid or a workload failed, 2 usage,\n"
	      "3 this machine cannot measure, 130 interrupted.\n", out);
}

const struct command *commands__choose(int argc, char **argv)
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
		if (strcmp(argv[1], commands[i]->name) == 0)
			return commands[i];
	fprintf(stderr, "switchtax: unknown command '%s'; there are: ", argv[1]);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(stderr, "%s%s", i ? ", " : "", commands[i]->name);
	fputc('\n', stderr);
	exit(EXIT_USAGE);
}
