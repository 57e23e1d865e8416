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

static bool parse_line(char *line, struct perf_map_entry *entry)
{
	if (line[0] == '0' && (line[1] == 'x' || line[1] == 'X'))
		line += 2;
	if (!take_hex(&line, &entry->start) || !take_hex(&line, &entry->size))
		return false;
	entry->name = line;
	return *line && entry->size && entry->start + entry->size > entry->start;
}

/* Of one start the last line comes first: it lies behind the others in the text. */
static int by_start(const void *a, const void *b)
{
	const struct perf_map_entry *left = a, *right = b;

	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	return left->name > right->name ? -1 : left->name < right->name;
}

static void sort(struct perf_map *map)
{
	size_t kept = 0;

	if (map->count)
		qsort(map->list, map->count, sizeof(*map->list), by_start);
	for (size_t i = 0; i < map->count; i++)
		if (!kept || map->list[kept - 1].start != map->list[i].start)
			map->list[kept++] = map->list[i];
	map->count = kept;
}

/* A zero byte would end the text early: it becomes what no line is made of. */
static size_t count_lines(char *text, size_t size)
{
	size_t lines = 1;

	for (size_t i = 0; i < size; i++) {
		if (!text[i])
			text[i] = '?';
		lines += text[i] == '\n';
	}
	return lines < PERF_MAP_MOST_NAMES ? lines : PERF_MAP_MOST_NAMES;
}

int perf_map__parse(char *text, size_t size, struct perf_map *map)
{
	size_t room = count_lines(text, size);
	char *rest = text, *line;

	*map = (struct perf_map){ .text = text, .list = calloc(room, sizeof(*map->list)) };
	if (!map->list) {
		perf_map__free(map);
		return -ENOMEM;
	}
	while (map->count < room && (line = strsep(&rest, "\n")) != NULL)
		if (parse_line(line, &map->list[map->count]))
			map->count++;
	sort(map);
	return 0;
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

static int read_map(int fd, const struct perf_map_owner *owner, struct perf_map *map)
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

int perf_map__read(const struct perf_map_owner *owner, struct perf_map *map)
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

void perf_map__free(struct perf_map *map)
{
	free(map->list);
	free(map->text);
	*map = (struct perf_map){ 0 };
}

const char *perf_map__at(const struct perf_map *map, uint64_t address)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->list[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (int step = 0; low && step < MOST_STEPS; step++, low--)
		if (address - map->list[low - 1].start < map->list[low - 1].size)
			return map->list[low - 1].name;
	return NULL;
}
