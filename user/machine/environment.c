// SPDX-License-Identifier: GPL-2.0-or-later
// Builds environment.json; one table says how struct machine is written.
#include "machine/environment.h"

#include <gnu/libc-version.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "results/columns.h"

/* A build without BPF (see the Makefile's HAVE_BPF) has no libbpf to ask. */
#if __has_include(<bpf/libbpf.h>) && !defined(SWITCHTAX_NO_BPF)
#include <bpf/libbpf.h>
#else
static const char *libbpf_version_string(void)
{
	return NULL;
}
#endif

enum kind { TEXT, NUMBER, YES_NO, PERCENT };

#define FIELD(kind, key, field) { key, kind, offsetof(struct machine, field) }

static const struct {
	const char *key;
	enum kind kind;
	size_t offset;
} machine_fields[] = {
	FIELD(TEXT, "cpu_model", cpu_model),
	FIELD(TEXT, "architecture", architecture),
	FIELD(NUMBER, "cpus_online", cpus_online),
	FIELD(NUMBER, "cpus_usable", cpus_usable),
	FIELD(TEXT, "cpus_online_list", cpus_online_list),
	FIELD(TEXT, "cpu_governor", cpu_governor),
	FIELD(NUMBER, "l2_bytes", l2_bytes),
	FIELD(NUMBER, "l3_bytes", l3_bytes),
	FIELD(NUMBER, "memory_bytes", memory_bytes),
	FIELD(NUMBER, "available_bytes", available_bytes),
	FIELD(NUMBER, "page_bytes", page_bytes),
	FIELD(TEXT, "transparent_hugepage", transparent_hugepage),
	FIELD(YES_NO, "virtual_machine", virtual_machine),
	FIELD(TEXT, "hypervisor", hypervisor),
	FIELD(TEXT, "kernel_release", kernel_release),
	FIELD(TEXT, "kernel_version", kernel_version),
	FIELD(NUMBER, "hz", hz),
	FIELD(TEXT, "preemption", preemption),
	FIELD(NUMBER, "base_slice_ns", base_slice_ns),
	FIELD(TEXT, "clocksource", clocksource),
	FIELD(PERCENT, "load_1min", load_1min_percent),
	FIELD(PERCENT, "load_5min", load_5min_percent),
	FIELD(PERCENT, "load_15min", load_15min_percent),
};

/* A string, "" and NULL as null. */
static cJSON *new_text(const char *text)
{
	return text && *text ? cJSON_CreateString(text) : cJSON_CreateNull();
}

static cJSON *new_number(uint64_t value)
{
	char digits[COLUMN_NUMBER_SIZE];

	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	return value == MACHINE_UNKNOWN ? cJSON_CreateNull() : cJSON_CreateRaw(digits);
}

/* Takes the item, also when it fails. False: no memory, now or when the item was made. */
static bool add(cJSON *object, const char *key, cJSON *item)
{
	if (item && object && cJSON_AddItemToObject(object, key, item))
		return true;
	cJSON_Delete(item);
	return false;
}

static bool add_text(cJSON *object, const char *key, const char *text)
{
	return add(object, key, new_text(text));
}

static cJSON *new_machine_field(const struct machine *machine, size_t i)
{
	const char *field = (const char *)machine + machine_fields[i].offset;
	uint64_t value;

	if (machine_fields[i].kind == TEXT)
		return new_text(field);
	memcpy(&value, field, sizeof(value));
	if (machine_fields[i].kind == NUMBER || value == MACHINE_UNKNOWN)
		return new_number(value);
	if (machine_fields[i].kind == YES_NO)
		return cJSON_CreateBool(value != 0);
	return cJSON_CreateNumber((double)value / 100);
}

static bool add_machine(cJSON *root, const struct machine *machine)
{
	cJSON *object = machine ? cJSON_CreateObject() : cJSON_CreateNull();
	bool ok = true;

	for (size_t i = 0; machine && i < sizeof(machine_fields) / sizeof(machine_fields[0]); i++)
		ok = ok && add(object, machine_fields[i].key, new_machine_field(machine, i));
	return add(root, "machine", object) && ok;
}

static bool add_command(cJSON *root, const struct environment *environment)
{
	cJSON *array = cJSON_CreateArray();
	bool ok = true;

	for (int i = 0; i < environment->argc; i++) {
		const char *text = environment->argv[i];
		cJSON *item = *text ? new_text(text) : cJSON_CreateString("");

		if (!item || !cJSON_AddItemToArray(array, item)) {
			cJSON_Delete(item);
			ok = false;
		}
	}
	return add(root, "command", array) && ok;
}

static bool add_parameters(cJSON *root, const struct environment *environment)
{
	cJSON *object = cJSON_CreateObject();
	bool ok = true;

	for (size_t i = 0; i < environment->nparameters; i++)
		ok = ok && add_text(object, environment->parameters[i].name,
				    environment->parameters[i].value);
	return add(root, "parameters", object) && ok;
}

static bool add_notes(cJSON *root, const struct environment *environment)
{
	bool ok = true;

	for (size_t i = 0; i < environment->nnotes && ok; i++) {
		const struct environment_note *note = &environment->notes[i];
		cJSON *object = cJSON_GetObjectItemCaseSensitive(root, note->object);

		if (!object)
			object = cJSON_AddObjectToObject(root, note->object);
		ok = add_text(object, note->name, note->value);
	}
	return ok;
}

static bool add_started(cJSON *root, time_t started)
{
	char text[sizeof("1970-01-01T00:00:00Z") + 16] = "";
	struct tm utc;

	if (gmtime_r(&started, &utc))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return add_text(root, "started_utc", text);
}

static bool add_seed(cJSON *root, uint64_t seed)
{
	char digits[COLUMN_NUMBER_SIZE];

	snprintf(digits, sizeof(digits), "%" PRIu64, seed);
	return add_text(root, "seed", digits);
}

static bool add_bpf(cJSON *root, const struct environment *environment)
{
	cJSON *object = cJSON_CreateObject();
	bool ok = add(object, "used", cJSON_CreateBool(environment->bpf));

	ok = ok && add_text(object, "reason", environment->bpf ? NULL : environment->bpf_reason);
	return add(root, "bpf", object) && ok;
}

static bool add_versions(cJSON *root)
{
	cJSON *object = cJSON_CreateObject();
	bool ok = add_text(object, "libbpf", libbpf_version_string());

	ok = ok && add_text(object, "glibc", gnu_get_libc_version());
#ifdef __clang__
	ok = ok && add_text(object, "compiler", "clang " __clang_version__);
#else
	ok = ok && add_text(object, "compiler", "gcc " __VERSION__);
#endif
	return add(root, "versions", object) && ok;
}

/* Root by sudo and root by login are told apart, since arms run as who called sudo. */
static bool add_user(cJSON *root)
{
	const char *sudo_uid = getenv("SUDO_UID");
	cJSON *object = cJSON_CreateObject();
	bool ok = add(object, "uid", new_number(geteuid()));

	ok = ok && add(object, "sudo", cJSON_CreateBool(sudo_uid != NULL));
	ok = ok && add_text(object, "sudo_uid", sudo_uid);
	return add(root, "user", object) && ok;
}

static bool add_all(cJSON *root, const struct environment *environment)
{
	return add(root, "schema_version", new_number(ENVIRONMENT_SCHEMA_VERSION)) &&
	       add_text(root, "switchtax", environment->version) &&
	       add_started(root, environment->started) &&
	       add_command(root, environment) &&
	       add_text(root, "experiment", environment->experiment) &&
	       add_parameters(root, environment) &&
	       add_seed(root, environment->seed) &&
	       add_text(root, "stop_reason", environment->stop_reason) &&
	       add_notes(root, environment) &&
	       add_bpf(root, environment) &&
	       add_user(root) &&
	       add_versions(root) &&
	       add_machine(root, environment->machine);
}

char *environment__json(const struct environment *environment)
{
	cJSON *root = cJSON_CreateObject();
	char *text = root && add_all(root, environment) ? json__print(root) : NULL;
	char *line = NULL;

	cJSON_Delete(root);
	if (text && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	cJSON_free(text);
	return line;
}
