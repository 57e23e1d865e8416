/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options - the command line, checked: what comes out can be used as it is.
 *
 * A wrong option ends the program with a message and exit status 2 (argp).
 */
#ifndef SWITCHTAX_OPTIONS_H
#define SWITCHTAX_OPTIONS_H

#include <stdbool.h>

#include "base/format.h"
#include "cli/commands.h"
#include "experiment/experiment.h"
#include "lock/sites.h"

/* What every command takes. Its own options are a struct in its file, which begins with this. */
struct options {
	enum output_format format;
	bool bpf;			/* false: --no-bpf */
	const char *btf;		/* file with the kernel's types; NULL: its own */
	bool samples;			/* of the running holder; false: --no-samples */
	bool no_html;			/* make no page at the end */
	bool quiet;
	bool verbose;
	const char *output;		/* NULL: default folder */
	struct experiment_options experiment;
	char cpus[1024];		/* as the kernel writes it */
	char arms[512];			/* storage behind experiment.arms */
	int argc;			/* the whole command line, for environment.json */
	char **argv;
};

/* The same of commands that watch programs of others. */
struct program_options {
	struct options common;
	struct lock_wish lock;
	char acquire[256];		/* storage behind lock.acquire */
	bool as_root;
	bool python_frames;		/* have Pythons name their functions */
};

/*
 * Parse into a struct of command->options_size, to be freed by the caller; NULL: no memory. Does
 * not return if the command line is wrong, or asks for help.
 */
struct options *options__parse(const struct command *command, int argc, char **argv);

#endif
