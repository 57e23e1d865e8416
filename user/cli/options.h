/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options - the command line, checked: what comes out can be used as it is.
 *
 * A wrong option ends the program with a message and exit status 2 (argp).
 */
#ifndef SWITCHTAX_OPTIONS_H
#define SWITCHTAX_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/format.h"
#include "cli/commands.h"
#include "experiment/experiment.h"
#include "labs/lab.h"

#define OPTIONS_MAX_LABS 32

struct options {
	enum output_format format;
	bool bpf;			/* false: --no-bpf */
	const char *btf;		/* file with the kernel's types; NULL: its own */
	bool as_root;
	bool no_html;			/* make no page at the end */
	bool quiet;
	bool verbose;
	const char *output;		/* NULL: default folder */
	struct experiment_options experiment;
	const struct lab *lab;		/* of run; NULL: the headline experiment */
	unsigned int given;		/* LAB_TAKES_*: what the command line has named */
	const struct lab *only[OPTIONS_MAX_LABS];	/* of labs, in the lab sheet's order */
	size_t nonly;
	const char *base;		/* of compare: two command lines */
	const char *other;
	char **program;			/* of trace, NULL-terminated */
	pid_t pid;			/* of attach */
	bool live;			/* show it on the terminal meanwhile */
	double refresh_s;		/* of live; 0: not given */
	const char *folder;		/* of timeline, report: with results */
	const char *run_id;		/* ... the run; NULL: not named */
	const char *perfetto;		/* ... the file to write; NULL: none */
	char **folders;			/* of explain */
	size_t nfolders;
	const char *acquire;		/* functions of the lock; NULL: not named */
	const char *release;
	char acquire_name[256];		/* storage behind acquire */
	bool no_lock;			/* do not look for the program's lock */
	bool samples;			/* of the running holder; false: --no-samples */
	bool python_frames;		/* have Pythons name their functions */
	char cpus[1024];		/* as the kernel writes it */
	char arms[512];			/* storage behind experiment.arms */
	int argc;			/* the whole command line, for environment.json */
	char **argv;
};

/* Parse; does not return if the command line is wrong, or asks for help. */
void options__parse(struct options *options, const struct command *command, int argc,
		    char **argv);

#endif
