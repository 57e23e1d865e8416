// SPDX-License-Identifier: GPL-2.0-or-later
// Opens a results folder and reads its list of runs.
#define _GNU_SOURCE 1
#include "record/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "results/csv.h"

#define PARTIAL ".partial"

void folder__name(const struct folder *folder, char *name, size_t size)
{
	size_t length = strlen(folder->path);

	while (length > 1 && folder->path[length - 1] == '/')
		length--;
	snprintf(name, size, "%.*s", (int)length, folder->path);
}

bool folder__has(const struct folder *folder, const char *name)
{
	struct stat st;

	return !fstatat(folder->dirfd, name, &st, 0) && S_ISREG(st.st_mode);
}

static int open_folder(struct folder *folder, int at)
{
	struct stat st;

	folder->dirfd = at < 0 ? open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) :
				 openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->dirfd < 0)
		return -errno;
	if (fstat(folder->dirfd, &st))
		return -errno;
	folder->device = st.st_dev;
	folder->inode = st.st_ino;
	return 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length > tail && strcmp(text + length - tail, end) == 0;
}

/* Rows that a file has, by its line ends; the header is none. */
static size_t count_rows(const struct folder *folder, const char *name)
{
	int fd = openat(folder->dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t lines = 0;
	char buffer[4096];
	ssize_t got;

	while (fd >= 0 && (got = read(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t i = 0; i < got; i++)
			lines += buffer[i] == '\n';
	if (fd >= 0)
		close(fd);
	return lines ? lines - 1 : 0;
}

/* What a killed experiment has left: "runs.csv.partial (12 rows), ..."; "" if nothing. */
static void list_partials(const struct folder *folder, char *list, size_t size)
{
	int fd = openat(folder->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	list[0] = '\0';
	while (dir && (entry = readdir(dir))) {
		size_t length = strlen(list);

		if (ends_with(entry->d_name, ".csv" PARTIAL) && length + 128 < size)
			snprintf(list + length, size - length, "%s%.60s (%zu rows)",
				 length ? ", " : "", entry->d_name,
				 count_rows(folder, entry->d_name));
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

static enum exit_status no_runs(const struct folder *folder, char why[FOLDER_WHY_SIZE])
{
	char name[256], partials[512];

	folder__name(folder, name, sizeof(name));
	list_partials(folder, partials, sizeof(partials));
	if (!*partials) {
		snprintf(why, FOLDER_WHY_SIZE, "%s: this is no results folder: there is no "
			 "runs.csv in it", name);
		return EXIT_USAGE;
	}
	snprintf(why, FOLDER_WHY_SIZE, "%s: the experiment was killed before its end and has no "
		 "runs.csv, only %s; in a copy of the folder in which these are named without "
		 "%s, it can be explained as far as it went", name, partials, PARTIAL);
	return EXIT_NOT_VALID;
}

/* Runs of the same name stay in the order of their lines. */
static int by_id(const void *a, const void *b, void *arg)
{
	const struct folder *folder = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int order = strcmp(folder->runs[x].row.run_id, folder->runs[y].row.run_id);

	return order ? order : (x > y) - (x < y);
}

size_t folder__find(const struct folder *folder, const char *run_id)
{
	size_t low = 0, high = folder->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		size_t index = folder->by_id[middle];
		int order = strcmp(run_id, folder->runs[index].row.run_id);

		if (!order)
			return index;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return folder->count;
}

static int sort_ids(struct folder *folder, struct csv_error *error)
{
	folder->by_id = calloc(folder->count, sizeof(*folder->by_id));
	if (!folder->by_id)
		return -ENOMEM;
	for (size_t i = 0; i < folder->count; i++)
		folder->by_id[i] = i;
	qsort_r(folder->by_id, folder->count, sizeof(*folder->by_id), by_id, folder);
	for (size_t i = 1; i < folder->count; i++) {
		const struct folder_run *before = &folder->runs[folder->by_id[i - 1]];
		const struct folder_run *run = &folder->runs[folder->by_id[i]];

		if (strcmp(before->row.run_id, run->row.run_id))
			continue;
		error->line = run->line;
		return csv__refuse(error, "run_id", run->row.run_id, "the same run as in line %zu",
				   before->line);
	}
	return 0;
}

struct reading {
	struct folder *folder;
	struct csv_error *error;
};

static int add_run(struct folder *folder, const struct run_row *row, size_t line)
{
	const struct folder_run run = { .row = *row, .line = line };

	return list__append(folder->runs, folder->count, run);
}

static int refuse_version(struct csv_error *error, uint64_t version)
{
	char value[COLUMN_NUMBER_SIZE] = "";

	if (version != COLUMN_MISSING_U64)
		snprintf(value, sizeof(value), "%" PRIu64, version);
	return csv__refuse(error, "schema_version", value, "this switchtax knows version %d%s",
			   ROWS_SCHEMA_VERSION, version == COLUMN_MISSING_U64 || !version ? "" :
			   "; a newer one wrote this, and one as new reads it");
}

static int check_present(struct csv_error *error, const struct run_row *row)
{
	static const char *const needed[] = { "run_id", "experiment", "arm", "traced", "valid" };

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (columns__missing(columns__find(&rows__runs, needed[i]), row))
			return csv__refuse(error, needed[i], "", "every run has one");
	return 0;
}

static int on_run(const void *data, void *arg)
{
	const struct run_row *row = data;
	struct reading *reading = arg;
	struct csv_error *error = reading->error;
	char block[COLUMN_NUMBER_SIZE] = "";

	if (row->schema_version != ROWS_SCHEMA_VERSION)
		return refuse_version(error, row->schema_version);
	if (check_present(error, row))
		return -EBADMSG;
	if (row->block > FOLDER_MAX_BLOCK) {
		if (row->block != COLUMN_MISSING_U64)
			snprintf(block, sizeof(block), "%" PRIu64, row->block);
		return csv__refuse(error, "block", block, "expected a block from 0 to %d",
				   FOLDER_MAX_BLOCK);
	}
	return add_run(reading->folder, row, error->line);
}

static enum folder_kind kind_of(const struct folder *folder)
{
	const char *experiment = folder->runs[0].row.experiment;

	if (strcmp(experiment, "compare") == 0)
		return FOLDER_COMPARE;
	if (strcmp(experiment, "trace") == 0 || strcmp(experiment, "attach") == 0)
		return FOLDER_TRACE;
	if (strcmp(experiment, "calibrate") == 0)
		return FOLDER_CALIBRATE;
	/* The lab sheet has an experiment of that name as well. */
	if (strcmp(experiment, "slowdown") == 0 && !folder__has(folder, "observations.csv"))
		return FOLDER_SLOWDOWN;
	return FOLDER_LABS;
}

/* All runs are of one experiment; but a sheet of labs holds several (explain/labs.c). */
static int check_experiments(const struct folder *folder, struct csv_error *error)
{
	for (size_t i = 0; i < folder->count; i++) {
		const char *name = folder->runs[i].row.experiment;

		error->line = folder->runs[i].line;
		if (folder->kind != FOLDER_LABS && strcmp(name, folder->runs[0].row.experiment))
			return csv__refuse(error, "experiment", name,
					   "another experiment than that of the first run");
		if (folder->kind != FOLDER_TRACE &&
		    folder->runs[i].row.seed == COLUMN_MISSING_U64)
			return csv__refuse(error, "seed", "", "every run of blocks has one");
	}
	error->line = 0;
	return 0;
}

static int read_runs(struct folder *folder, struct csv_error *error)
{
	struct reading reading = { folder, error };
	int err = csv__read(folder->dirfd, rows__runs.file, &rows__runs, on_run, &reading, error);

	if (err)
		return err;
	if (!folder->count) {
		snprintf(error->text, sizeof(error->text), "%s: there is no run in it",
			 rows__runs.file);
		return -EBADMSG;
	}
	folder->kind = kind_of(folder);
	err = sort_ids(folder, error);
	if (!err)
		err = check_experiments(folder, error);
	return err;
}

static void read_environment(struct folder *folder)
{
	char name[256], why[256];
	size_t size = sizeof(folder->warning);

	folder__name(folder, name, sizeof(name));
	if (environment_file__read(folder->dirfd, &folder->environment, why, sizeof(why)))
		snprintf(folder->warning, size, "%s/%s; so the machine and what was asked for are "
			 "not known", name, why);
	else if (!folder__has(folder, "report.txt"))
		snprintf(folder->warning, size, "%s: there is no report.txt: the experiment ended "
			 "before there was one", name);
}

enum exit_status folder__open(struct folder *folder, int at, const char *path,
			      char why[FOLDER_WHY_SIZE])
{
	struct csv_error error = { .line = 0 };
	char name[256];
	int err;

	*folder = (struct folder){ .path = path, .dirfd = -1 };
	folder__name(folder, name, sizeof(name));
	err = open_folder(folder, at);
	if (err) {
		snprintf(why, FOLDER_WHY_SIZE, "%s: %s", *name ? name : "''",
			 err == -ENOENT ? "there is no such folder" :
			 err == -ENOTDIR ? "this is no folder" : strerror(-err));
		return EXIT_USAGE;
	}
	err = read_runs(folder, &error);
	if (err == -ENOENT && !folder->count)
		return no_runs(folder, why);
	if (err) {
		snprintf(why, FOLDER_WHY_SIZE, "%s/%s", name,
			 error.text[0] ? error.text : strerror(-err));
		return EXIT_NOT_VALID;
	}
	read_environment(folder);
	return EXIT_MEASURED;
}

void folder__close(struct folder *folder)
{
	if (folder->dirfd >= 0)
		close(folder->dirfd);
	folder->dirfd = -1;
	free(folder->runs);
	free(folder->by_id);
	folder->by_id = NULL;
	folder->runs = NULL;
	folder->count = 0;
	environment_file__free(&folder->environment);
}
