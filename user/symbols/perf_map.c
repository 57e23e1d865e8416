// SPDX-License-Identifier: GPL-2.0-or-later
// Reads what a program says of its own code, and trusts neither the file nor its place.
#define _GNU_SOURCE 1
#include "symbols/perf_map.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Code may lie inside of code that was given up: how far back to look for what covers it. */
#define MOST_STEPS 16

/* Lower-case or upper-case hex digits only, and a blank behind them. */
static bool take_hex(char **at, uint64_t *value)
{
	char *end;

	if (!isxdigit((unsigned char)**at))
		return false;
	errno = 0;
	*value = strtoull(*at, &end, 16);
	if (errno || *end != ' ')
		return false;
	*at = end + 1;
	return true;
}

static bool parse_line(const char *text, char *line, struct name *name)
{
	if (line[0] == '0' && (line[1] == 'x' || line[1] == 'X'))
		line += 2;
	if (!take_hex(&line, &name->address) || !take_hex(&line, &name->size))
		return false;
	name->at = (size_t)(line - text);
	return *line && name->size && name->address + name->size > name->address;
}

/* A zero byte would end the text early: it becomes what no line is made of. */
static void fill_zeros(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!text[i])
			text[i] = '?';
}

int perf_map__parse(char *text, size_t size, struct names *map)
{
	char *rest = text, *line;
	struct name name;
	int err = 0;

	*map = (struct names){ .text = text };
	fill_zeros(text, size);
	while (!err && map->count < PERF_MAP_MOST_NAMES && (line = strsep(&rest, "\n")) != NULL)
		if (parse_line(text, line, &name))
			err = names__add(map, &name);
	names__sort(map, NAMES_LAST);
	if (err)
		names__free(map);
	return err;
}

/* In the process's root, and through no link. */
static int open_folder(const struct perf_map_owner *owner)
{
	int fd = openat(owner->root, "tmp", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_map(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void name_of(const struct perf_map_owner *owner, char name[64])
{
	snprintf(name, 64, "perf-%d.map", (int)owner->pid);
}

static int check(int fd, const struct perf_map_owner *owner, struct stat *st)
{
	if (fstat(fd, st))
		return -errno;
	if (!S_ISREG(st->st_mode))
		return -EINVAL;
	if (st->st_uid != owner->uid || st->st_nlink != 1 || st->st_mtime < owner->since)
		return -EPERM;
	return (unsigned long)st->st_size > PERF_MAP_MOST_BYTES ? -EFBIG : 0;
}

/* As much as it held when we looked: it may be growing. */
static char *read_text(int fd, size_t size, size_t *got)
{
	char *text = malloc(size + 1);
	ssize_t n = 1;

	for (*got = 0; text && n > 0 && *got < size; *got += n > 0 ? (size_t)n : 0)
		n = pread(fd, text + *got, size - *got, (off_t)*got);
	if (text)
		text[*got] = '\0';
	return text;
}

static int read_map(int fd, const struct perf_map_owner *owner, struct names *map)
{
	struct stat st;
	int err = check(fd, owner, &st);
	char *text;
	size_t got;

	if (err)
		return err;
	text = read_text(fd, (size_t)st.st_size, &got);
	return text ? perf_map__parse(text, got, map) : -ENOMEM;
}

int perf_map__read(const struct perf_map_owner *owner, struct names *map)
{
	int folder = open_folder(owner), fd, err;
	char name[64];

	if (folder < 0)
		return folder;
	name_of(owner, name);
	fd = open_map(folder, name);
	close(folder);
	if (fd < 0)
		return fd;
	err = read_map(fd, owner, map);
	close(fd);
	return err;
}

void perf_map__remove(const struct perf_map_owner *owner)
{
	int folder = open_folder(owner), fd;
	struct stat st;
	char name[64];

	if (folder < 0)
		return;
	name_of(owner, name);
	fd = open_map(folder, name);
	if (fd >= 0 && check(fd, owner, &st) == 0)
		unlinkat(folder, name, 0);
	if (fd >= 0)
		close(fd);
	close(folder);
}

const char *perf_map__at(const struct names *map, uint64_t address)
{
	const struct name *name = names__before(map, address);

	for (int step = 0; name && step < MOST_STEPS; step++) {
		if (address - name->address < name->size)
			return map->text + name->at;
		name = name > map->list ? name - 1 : NULL;
	}
	return NULL;
}
