// SPDX-License-Identifier: GPL-2.0-or-later
// Reads environment.json with cJSON, and answers questions about it.
#include "machine/environment_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "base/text.h"
#include "machine/environment.h"

#define NAME "environment.json"
#define MEMORY_TOLERANCE 0.01

static const cJSON *find(const struct environment_file *file, const char *object, const char *key)
{
	const cJSON *root = file->root;

	if (object)
		root = cJSON_GetObjectItemCaseSensitive(root, object);
	return cJSON_GetObjectItemCaseSensitive(root, key);
}

const char *environment_file__text(const struct environment_file *file, const char *object,
				   const char *key)
{
	return cJSON_GetStringValue(find(file, object, key));
}

bool environment_file__item(const struct environment_file *file, const char *object, int i,
			    const char **key, const char **text)
{
	const cJSON *item = cJSON_GetArrayItem(find(file, NULL, object), i);

	*key = item ? item->string : NULL;
	*text = cJSON_GetStringValue(item);
	return *key && *text;
}

uint64_t environment_file__number(const struct environment_file *file, const char *object,
				  const char *key)
{
	const cJSON *item = find(file, object, key);
	double value = cJSON_IsNumber(item) ? item->valuedouble : -1;

	return value >= 0 && value < 0x1p63 && value == floor(value) ? (uint64_t)value :
								      UINT64_MAX;
}

const char *environment_file__word(const struct environment_file *file, int i)
{
	const cJSON *command = find(file, NULL, "command");

	return cJSON_IsArray(command) ? cJSON_GetStringValue(cJSON_GetArrayItem(command, i)) : NULL;
}

int environment_file__parse(const char *text, size_t length, struct environment_file *file,
			    char *why, size_t size)
{
	uint64_t version;

	file->root = NULL;
	/* A NUL inside would end the text for cJSON, and hide what follows. */
	if (memchr(text, '\0', length) == NULL)
		file->root = cJSON_ParseWithLengthOpts(text, length + 1, NULL, true);
	if (!cJSON_IsObject(file->root)) {
		snprintf(why, size, NAME ": this is not JSON, or no object");
		environment_file__free(file);
		return -EBADMSG;
	}
	json__tame(file->root);
	version = environment_file__number(file, NULL, "schema_version");
	if (version <= ENVIRONMENT_SCHEMA_VERSION)
		return 0;
	if (version == UINT64_MAX)
		snprintf(why, size, NAME ": it has no schema_version");
	else
		snprintf(why, size, NAME ": schema_version is %" PRIu64 ", this switchtax knows "
			 "up to %d", version, ENVIRONMENT_SCHEMA_VERSION);
	environment_file__free(file);
	return -EBADMSG;
}

int environment_file__read(int dirfd, struct environment_file *file, char *why, size_t size)
{
	int fd = openat(dirfd, NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text = NULL;
	size_t length = 0;
	int err = io__read_file(fd, ENVIRONMENT_FILE_MAX, &text, &length);

	file->root = NULL;
	if (err) {
		snprintf(why, size, NAME ": %s", strerror(-err));
		return err;
	}
	err = environment_file__parse(text, length, file, why, size);
	free(text);
	return err;
}

void environment_file__free(struct environment_file *file)
{
	cJSON_Delete(file->root);
	file->root = NULL;
}

static bool same_text(const struct environment_file *a, const struct environment_file *b,
		      const char *key)
{
	const char *x = environment_file__text(a, "machine", key);
	const char *y = environment_file__text(b, "machine", key);

	return x && y ? strcmp(x, y) == 0 : x == y;
}

static bool same_memory(const struct environment_file *a, const struct environment_file *b)
{
	uint64_t x = environment_file__number(a, "machine", "memory_bytes");
	uint64_t y = environment_file__number(b, "machine", "memory_bytes");

	return fabs((double)x - (double)y) <= MEMORY_TOLERANCE * (double)x;
}

bool environment_file__same_machine(const struct environment_file *a,
				    const struct environment_file *b)
{
	static const char *const keys[] = { "cpu_model", "architecture", "kernel_release",
					    "kernel_version", "hypervisor" };
	bool known = environment_file__text(a, "machine", "cpu_model") ||
		     environment_file__text(a, "machine", "kernel_release");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && known; i++)
		known = same_text(a, b, keys[i]);
	return known && same_memory(a, b) &&
	       environment_file__number(a, "machine", "cpus_online") ==
	       environment_file__number(b, "machine", "cpus_online");
}

void environment_file__label(const struct environment_file *file,
			     char label[ENVIRONMENT_FILE_LABEL])
{
	const char *model = environment_file__text(file, "machine", "cpu_model");
	const char *kernel = environment_file__text(file, "machine", "kernel_release");
	uint64_t cpus = environment_file__number(file, "machine", "cpus_online");
	char count[40] = "";

	if (cpus != UINT64_MAX)
		snprintf(count, sizeof(count), ", %" PRIu64 " CPU%s", cpus, cpus == 1 ? "" : "s");
	if (model || kernel)
		snprintf(label, ENVIRONMENT_FILE_LABEL, "%.90s%s, Linux %.60s",
			 model ? model : "unknown CPU", count, kernel ? kernel : "unknown");
	else
		snprintf(label, ENVIRONMENT_FILE_LABEL, "unknown machine");
	/* It goes to a terminal, and anybody may have written it. */
	text__tame(label, '?');
}
