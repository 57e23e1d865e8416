// SPDX-License-Identifier: GPL-2.0-or-later
// Calls our own workloads and reads what they print.
#include "program/workload.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_ARGS 24

static int try_path(char *path, size_t size, const char *folder, const char *below,
		    const char *name)
{
	int length = snprintf(path, size, "%s%s/%s", folder, below, name);
	struct stat status;

	if (length < 0 || (size_t)length >= size)
		return -ENAMETOOLONG;
	if (stat(path, &status))
		return -ENOENT;
	return S_ISREG(status.st_mode) && access(path, X_OK) == 0 ? 0 : -EACCES;
}

int workload__own_folder(char *folder, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", folder, size - 1);
	char *slash;

	if (length < 0)
		return -errno;
	folder[length] = '\0';
	slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	return 0;
}

int workload__find(const char *name, char *path, size_t size)
{
	const char *asked = getenv("SWITCHTAX_WORKLOADS");
	char folder[PATH_MAX];
	int err;

	if (asked && *asked)
		return try_path(path, size, asked, "", name);
	err = workload__own_folder(folder, sizeof(folder));
	if (err)
		return err;
	err = try_path(path, size, folder, "/../libexec/switchtax", name);
	return err == -ENOENT ? try_path(path, size, folder, "/workloads", name) : err;
}

struct argv_builder {
	char **argv;
	size_t count;
	bool failed;
};

static void add(struct argv_builder *builder, const char *text)
{
	if (builder->failed || builder->count + 1 >= MAX_ARGS)
		return;
	builder->argv[builder->count] = strdup(text);
	if (builder->argv[builder->count])
		builder->count++;
	else
		builder->failed = true;
}

static void add_number(struct argv_builder *builder, const char *option, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	add(builder, option);
	add(builder, text);
}

static void add_arm_options(struct argv_builder *builder,
			    const struct workload_parameters *parameters)
{
	add_number(builder, "--workers", parameters->workers);
	add_number(builder, "--objects", parameters->objects);
	add_number(builder, "--interval-us", parameters->interval_us);
	add_number(builder, "--seed", parameters->seed);
	add_number(builder, "--cpu", (uint64_t)parameters->one_cpu);
}

char **workload__argv(const char *path, const char *arm,
		      const struct workload_parameters *parameters)
{
	struct argv_builder builder = { .argv = calloc(MAX_ARGS, sizeof(char *)) };

	if (!builder.argv)
		return NULL;
	add(&builder, path);
	add(&builder, "--lock");
	add(&builder, parameters->lock);
	if (arm) {
		add(&builder, "--arm");
		add(&builder, arm);
		add_arm_options(&builder, parameters);
	}
	if (builder.failed) {
		workload__free_argv(builder.argv);
		return NULL;
	}
	return builder.argv;
}

void workload__free_argv(char **argv)
{
	if (!argv)
		return;
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	free(argv);
}

static const struct {
	const char *key;
	size_t offset;
} keys[] = {
#define KEY(name) { #name, offsetof(struct workload_report, name) }
	KEY(wall_ns), KEY(wall_outer_ns), KEY(user_ns), KEY(sys_ns),
	KEY(switches_voluntary), KEY(switches_involuntary), KEY(faults_minor), KEY(faults_major),
	KEY(max_rss_bytes), KEY(acquisitions), KEY(handoffs), KEY(pairs),
	KEY(tasks_done), KEY(objects_allocated), KEY(objects_freed),
#undef KEY
};

static int parse_line(const char *line, size_t length, struct workload_report *report)
{
	char key[64], value[64];
	char copy[160];

	if (length >= sizeof(copy))
		return -EBADMSG;
	memcpy(copy, line, length);
	copy[length] = '\0';
	if (sscanf(copy, "%63s %63s", key, value) != 2)
		return -EBADMSG;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].key, key) == 0 &&
		    sscanf(value, "%" SCNu64, (uint64_t *)((char *)report + keys[i].offset)) != 1)
			return -EBADMSG;
	}
	return 0;
}

int workload__parse(const char *text, struct workload_report *report)
{
	memset(report, 0xff, sizeof(*report));
	while (*text) {
		size_t length = strcspn(text, "\n");
		int err = length ? parse_line(text, length, report) : 0;

		if (err)
			return err;
		text += length + (text[length] == '\n');
	}
	return report->wall_ns == UINT64_MAX ? -EBADMSG : 0;
}
