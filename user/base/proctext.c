// SPDX-License-Identifier: GPL-2.0-or-later
// Words, numbers and lines of /proc and /sys.
#include "base/proctext.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool proctext__take_number(const char **text, uint64_t *value)
{
	const char *at = *text;
	uint64_t sum = 0;

	if (!isdigit((unsigned char)*at))
		return false;
	for (; isdigit((unsigned char)*at); at++)
		if (__builtin_mul_overflow(sum, 10U, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(*at - '0'), &sum))
			return false;
	*value = sum;
	*text = at;
	return true;
}

const char *proctext__skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

const char *proctext__after_line_start(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	while (text && strncmp(text, prefix, len)) {
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return text ? text + len : NULL;
}

/* A number that is all of the text but blanks and one line end; else PROCTEXT_UNKNOWN. */
static uint64_t whole_number(const char *text)
{
	uint64_t value;

	text = proctext__skip_blanks(text);
	if (!proctext__take_number(&text, &value))
		return PROCTEXT_UNKNOWN;
	return text[strspn(text, " \t\n")] ? PROCTEXT_UNKNOWN : value;
}

void proctext__copy(char *field, size_t size, const char *text, size_t len)
{
	if (len >= size)
		len = size - 1;
	memcpy(field, text, len);
	field[len] = '\0';
}

void proctext__copy_line(char *field, size_t size, const char *text)
{
	size_t len;

	text = proctext__skip_blanks(text);
	len = strcspn(text, "\n");
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	proctext__copy(field, size, text, len);
}

bool proctext__list_holds(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (;;) {
		size_t item = strcspn(list, ",");

		if (item == len && !strncmp(list, word, len))
			return true;
		if (!list[item])
			return false;
		list += item + 1;
	}
}

char *proctext__read(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

void proctext__read_line(const char *path, char *field, size_t size)
{
	char *text = proctext__read(path);

	proctext__copy_line(field, size, text ? text : "");
	free(text);
}

uint64_t proctext__read_number(const char *path)
{
	char *text = proctext__read(path);
	uint64_t value = text ? whole_number(text) : PROCTEXT_UNKNOWN;

	free(text);
	return value;
}

char *proctext__read_in(const char *dir, const char *name)
{
	char *path, *text;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return NULL;
	text = proctext__read(path);
	free(path);
	return text;
}

uint64_t proctext__number_in(const char *dir, const char *name)
{
	char *text = proctext__read_in(dir, name);
	uint64_t value = text ? whole_number(text) : PROCTEXT_UNKNOWN;

	free(text);
	return value;
}

char *proctext__read_of(pid_t pid, const char *name)
{
	char dir[32];

	snprintf(dir, sizeof(dir), "/proc/%d", (int)pid);
	return proctext__read_in(dir, name);
}

void proctext__comm(pid_t pid, char *comm, size_t size)
{
	char *text = proctext__read_of(pid, "comm");

	if (text)
		proctext__copy(comm, size, text, strcspn(text, "\n"));
	free(text);
}

/* Behind the name, which may have any letters. */
char proctext__state(pid_t pid)
{
	char *text = proctext__read_of(pid, "stat");
	const char *end = text ? strrchr(text, ')') : NULL;
	char state = end && end[1] == ' ' ? end[2] : 0;

	free(text);
	return state;
}

bool proctext__is_foreign(void)
{
	char target[32] = "";

	if (readlink("/proc/self", target, sizeof(target) - 1) <= 0)
		return false;
	return strtol(target, NULL, 10) != getpid();
}

static bool lives(pid_t tid)
{
	char state = proctext__state(tid);

	return state && state != 'Z' && state != 'X';
}

pid_t proctext__living(pid_t pid)
{
	const struct dirent *entry;
	pid_t found = 0;
	char path[64];
	DIR *tasks;

	if (lives(pid))
		return pid;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	while (tasks && !found && (entry = readdir(tasks))) {
		long tid = strtol(entry->d_name, NULL, 10);

		if (tid > 0 && lives((pid_t)tid))
			found = (pid_t)tid;
	}
	if (tasks)
		closedir(tasks);
	return found ? found : pid;
}
