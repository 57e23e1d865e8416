/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands - the table of commands; each one's row stands in its own file. */
#ifndef SWITCHTAX_COMMANDS_H
#define SWITCHTAX_COMMANDS_H

#include <argp.h>

#include "base/exits.h"

struct options;

struct command {
	const char *name;
	const char *summary;		/* one line for `switchtax --help` */
	size_t options_size;		/* of its own options, which begin with a struct options */
	struct argp argp;		/* its parser finds them in input */
	unsigned int argp_flags;
	/* What argp is for these words, where that depends on them; valid until the next call. */
	const struct argp *(*argp_of)(int argc, char **argv);
	/* Returns the exit status; errors have been printed. */
	enum exit_status (*action)(const struct options *options);
};

extern const struct command command__run, command__compare, command__trace, command__attach,
	command__calibrate, command__labs, command__timeline, command__report, command__explain,
	command__list, command__doctor;

/*
 * The command that the first argument names. Does not return if there is none, or if it asks
 * for help or the version.
 */
const struct command *commands__choose(int argc, char **argv);

#endif
