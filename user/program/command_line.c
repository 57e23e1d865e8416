// SPDX-License-Identifier: GPL-2.0-or-later
// wordexp(3) does the splitting; what it refuses is explained here.
#include "program/command_line.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program/path.h"

/* What wordexp refuses outside of quotes. */
#define SHELL_CHARACTERS "|&;<>(){}\n"

/* Calls look() at each character that no single quote covers; stops where it says so. */
static const char *scan(const char *text, bool (*look)(const char *at, bool quoted))
{
	bool quoted = false;

	for (; *text; text++) {
		if (*text == '\\' && text[1]) {
			text++;
		} else if (*text == '\'' && !quoted) {
			text = strchr(text + 1, '\'');
			if (!text)
				return NULL;
		} else if (*text == '"') {
			quoted = !quoted;
		} else if (look(text, quoted)) {
			return text;
		} else if (strncmp(text, "${", 2) == 0) {
			text = strchr(text, '}');
			if (!text)
				return NULL;
		}
	}
	return NULL;
}

static bool is_shell_character(const char *at, bool quoted)
{
	return !quoted && strchr(SHELL_CHARACTERS, *at);
}

static size_t name_length(const char *name)
{
	size_t length = 0;

	while (isalnum((unsigned char)name[length]) || name[length] == '_')
		length++;
	return length;
}

static const char *variable_name(const char *at)
{
	return at + 1 + (at[1] == '{');
}

static bool is_unset_variable(const char *at, bool quoted)
{
	char name[256];
	size_t length;

	(void)quoted;
	if (*at != '$')
		return false;
	length = name_length(variable_name(at));
	if (!length || length >= sizeof(name))
		return false;
	memcpy(name, variable_name(at), length);
	name[length] = '\0';
	return !getenv(name);
}

static void name_character(const char *at, char name[16])
{
	if (*at == '\n')
		snprintf(name, 16, "a newline");
	else
		snprintf(name, 16, "'%c'", *at);
}

static int explain(const char *text, int error, char *why, size_t size)
{
	const char *at;
	char name[16];

	switch (error) {
	case WRDE_BADCHAR:
		at = scan(text, is_shell_character);
		name_character(at ? at : "\n", name);
		snprintf(why, size, "'%.150s': %s needs a shell (or quotes around it); write sh -c "
			 "'...'", text, name);
		break;
	case WRDE_CMDSUB:
		snprintf(why, size, "'%.150s': '%s' needs a shell; write sh -c '...'", text,
			 strstr(text, "$(") ? "$(" : "`");
		break;
	case WRDE_BADVAL:
		at = scan(text, is_unset_variable);
		snprintf(why, size, "'%.150s': $%.*s is not set", text,
			 at ? (int)name_length(variable_name(at)) : 0, at ? variable_name(at) : "");
		break;
	case WRDE_SYNTAX:
		snprintf(why, size, "'%.150s': a quote or a brace has no end", text);
		break;
	default:
		snprintf(why, size, "'%.150s': %s", text, strerror(ENOMEM));
	}
	return -EINVAL;
}

/* What a program of this user has for HOME is what ~ in its command line means. */
static int expand(struct command_line *line, const struct target_user *user)
{
	const char *present = getenv("HOME");
	char *kept = present ? strdup(present) : NULL;
	int error;

	if (user->drop && user->home[0])
		setenv("HOME", user->home, 1);
	error = wordexp(line->text, &line->words, WRDE_NOCMD | WRDE_UNDEF);
	if (kept)
		setenv("HOME", kept, 1);
	else if (user->drop)
		unsetenv("HOME");
	free(kept);
	return error;
}

int command_line__split(struct command_line *line, const char *text,
			const struct target_user *user, char *why, size_t size)
{
	int error;

	*line = (struct command_line){ .text = text };
	error = expand(line, user);
	/* Only for want of memory does it leave words behind (POSIX). */
	line->split = error == 0 || error == WRDE_NOSPACE;
	if (error)
		return explain(text, error, why, size);
	if (line->words.we_wordc && line->words.we_wordv[0][0])
		return 0;
	snprintf(why, size, "'%.150s': there is no command in it", text);
	return -EINVAL;
}

char **command_line__argv(const struct command_line *line)
{
	return line->words.we_wordv;
}

int command_line__find(struct command_line *line)
{
	return path__find(line->words.we_wordv[0], line->path, sizeof(line->path));
}

static bool names_python(const char *path)
{
	const char *name = basename(path);

	return strncmp(name, "python", 6) == 0 || strncmp(name, "pypy", 4) == 0;
}

static bool names_env(const char *path)
{
	return strcmp(basename(path), "env") == 0;
}

/* "#!/usr/bin/python3 -u", "#!/usr/bin/env -S VAR=1 python3 -u" */
static bool interpreter_is_python(char *line)
{
	char *word, *rest;

	line[strcspn(line, "\n")] = '\0';
	word = strtok_r(line + 2, " \t", &rest);
	if (!word)
		return false;
	if (!names_env(word))
		return names_python(word);
	do
		word = strtok_r(NULL, " \t", &rest);
	while (word && (*word == '-' || strchr(word, '=')));
	return word && names_python(word);
}

bool command_line__is_python(const struct command_line *line)
{
	char head[256];
	ssize_t got;
	int fd;

	if (names_python(line->path))
		return true;
	fd = open(line->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, head, sizeof(head) - 1);
	close(fd);
	if (got < 2 || head[0] != '#' || head[1] != '!')
		return false;
	head[got] = '\0';
	return interpreter_is_python(head);
}

void command_line__free(struct command_line *line)
{
	if (line->split)
		wordfree(&line->words);
	line->split = false;
}
