// SPDX-License-Identifier: GPL-2.0-or-later
// Lists RUN_ID.timeline files.
#include "timeline/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"

/* The name's part before the suffix, to be freed; NULL: it is none of a timeline. */
static char *run_of(const char *name)
{
	size_t len = strlen(name), suffix = strlen(TIMELINE_SUFFIX);

	if (len <= suffix || strcmp(name + len - suffix, TIMELINE_SUFFIX) != 0)
		return NULL;
	return strndup(name, len - suffix);
}

static int add(struct timeline_folder *folder, char *run_id)
{
	int err = list__append(folder->run_ids, folder->count, run_id);

	if (err)
		free(run_id);
	return err;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(struct timeline_folder *folder, DIR *dir)
{
	struct dirent *entry;
	int err = 0;

	errno = 0;
	while (!err && (entry = readdir(dir))) {
		char *run_id = run_of(entry->d_name);

		if (run_id)
			err = add(folder, run_id);
		errno = 0;
	}
	return err ? err : -errno;
}

static int read_sizes(struct timeline_folder *folder, int dirfd)
{
	folder->bytes = calloc(folder->count + 1, sizeof(*folder->bytes));
	if (!folder->bytes)
		return -ENOMEM;
	for (size_t i = 0; i < folder->count; i++) {
		char name[NAME_MAX + 1];
		struct stat status;

		snprintf(name, sizeof(name), "%.200s" TIMELINE_SUFFIX, folder->run_ids[i]);
		if (fstatat(dirfd, name, &status, 0) == 0)
			folder->bytes[i] = (uint64_t)status.st_size;
	}
	return 0;
}

int timeline_folder__list(struct timeline_folder *folder, int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	*folder = (struct timeline_folder){ 0 };
	if (!dir) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	err = read_names(folder, dir);
	closedir(dir);
	if (!err && folder->count)
		qsort(folder->run_ids, folder->count, sizeof(*folder->run_ids), by_name);
	if (!err)
		err = read_sizes(folder, dirfd);
	if (err)
		timeline_folder__free(folder);
	return err;
}

void timeline_folder__free(struct timeline_folder *folder)
{
	for (size_t i = 0; i < folder->count; i++)
		free(folder->run_ids[i]);
	free(folder->run_ids);
	free(folder->bytes);
	*folder = (struct timeline_folder){ 0 };
}

bool timeline_folder__has(const struct timeline_folder *folder, const char *run_id)
{
	for (size_t i = 0; i < folder->count; i++)
		if (strcmp(folder->run_ids[i], run_id) == 0)
			return true;
	return false;
}

void timeline_folder__names(const struct timeline_folder *folder, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < folder->count; i++) {
		const char *run_id = folder->run_ids[i];

		if (len + strlen(run_id) + 48 > size) {
			snprintf(text + len, size - len, ", and %zu more", folder->count - i);
			return;
		}
		len += (size_t)snprintf(text + len, size - len, "%s%s", i ? ", " : "", run_id);
	}
}
