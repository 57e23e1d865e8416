// SPDX-License-Identifier: GPL-2.0-or-later
// Looks at a program's first line for what is to run it.
#include "program/interpreter.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* As much of the first line as the kernel looks at (BINPRM_BUF_SIZE). */
#define LINE_SIZE 256

static bool read_line(const char *path, char line[LINE_SIZE + 1])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	if (fd >= 0) {
		got = read(fd, line, LINE_SIZE);
		close(fd);
	}
	if (got < 0)
		return false;
	line[got] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* The first word after "#!", as load_script() finds it: a CR is part of it. */
static char *first_word(char *line)
{
	char *word = line + 2 + strspn(line + 2, " \t");

	word[strcspn(word, " \t")] = '\0';
	return word;
}

static void explain_script(char *word, char *why, size_t size)
{
	char *carriage = strchr(word, '\r');
	bool there = access(word, F_OK) == 0;

	if (carriage)
		*carriage = '\0';
	text__tame(word, '?');
	if (carriage)
		snprintf(why, size, "its first line ends as on Windows, so that its interpreter is "
			 "not %s; take the CR away", word);
	else if (there)
		snprintf(why, size, "what its interpreter %s (after #!) needs itself is missing",
			 word);
	else
		snprintf(why, size, "its interpreter %s (after #!) is missing", word);
}

bool interpreter__is_missing(const char *path, char *why, size_t size)
{
	char line[LINE_SIZE + 1];

	if (access(path, X_OK) || !read_line(path, line))
		return false;
	if (strncmp(line, "#!", 2) == 0)
		explain_script(first_word(line), why, size);
	else
		snprintf(why, size, "the dynamic loader that it names is missing (readelf -l shows "
			 "which)");
	return true;
}
