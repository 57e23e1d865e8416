/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command_line - a program and its arguments given as one text, as a shell would read it
 * but without a shell: quotes, globs, ~ and $VARIABLES work, pipes and the like do not.
 * A shell in between would be measured along with the program.
 */
#ifndef SWITCHTAX_COMMAND_LINE_H
#define SWITCHTAX_COMMAND_LINE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <wordexp.h>

#include "program/target.h"

struct command_line {
	const char *text;		/* borrowed */
	wordexp_t words;
	bool split;
	char path[PATH_MAX];		/* the program, once found */
};

/*
 * Split text; ~ and $HOME are those of user. Returns 0 or -EINVAL, with one line in
 * why that says what to write instead. End with command_line__free().
 */
int command_line__split(struct command_line *line, const char *text,
			const struct target_user *user, char *why, size_t size);

/* NULL-terminated. */
char **command_line__argv(const struct command_line *line);

/* Find the program by PATH. Returns 0, -ENOENT, -EACCES or -ENAMETOOLONG. */
int command_line__find(struct command_line *line);

/* Is the program found a python or pypy, or a script that one of them runs? */
bool command_line__is_python(const struct command_line *line);

/* Accepts one that was never split, if it was zeroed. */
void command_line__free(struct command_line *line);

#endif
