// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax doctor`: can this machine measure, and what is missing? Two ways to print it.
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/doctor_checks.h"
#include "cli/parts.h"
#include "program/workload.h"

static const char *const status_names[] = { "ok", "warn", "FAIL" };

static void print_text(const struct finding *findings, size_t count)
{
	size_t counts[FAIL + 1] = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct finding *finding = &findings[i];

		counts[finding->status]++;
		printf("%-4s  %-14s  %s\n", status_names[finding->status], finding->name,
		       finding->found);
		if (finding->advice[0])
			printf("%-4s  %-14s  -> %s\n", "", "", finding->advice);
	}
	printf("\nThis machine %s measure: %zu ok, %zu warn, %zu FAIL.\n",
	       counts[FAIL] ? "cannot" : "can", counts[OK], counts[WARN], counts[FAIL]);
}

static cJSON *new_entry(const struct finding *finding)
{
	const char *advice = finding->advice[0] ? finding->advice : NULL;
	cJSON *entry = cJSON_CreateObject();

	if (cJSON_AddStringToObject(entry, "check", finding->name) &&
	    cJSON_AddStringToObject(entry, "status", status_names[finding->status]) &&
	    cJSON_AddStringToObject(entry, "found", finding->found) &&
	    (advice ? cJSON_AddStringToObject(entry, "advice", advice) :
		      cJSON_AddNullToObject(entry, "advice")))
		return entry;
	cJSON_Delete(entry);
	return NULL;
}

/* Returns 0 or -ENOMEM. */
static int print_json(const struct finding *findings, size_t count)
{
	cJSON *array = cJSON_CreateArray();
	char *text = NULL;
	bool ok = array != NULL;

	for (size_t i = 0; ok && i < count; i++) {
		cJSON *entry = new_entry(&findings[i]);

		ok = entry && cJSON_AddItemToArray(array, entry);
		if (!ok)
			cJSON_Delete(entry);
	}
	if (ok)
		text = json__print(array);
	if (text)
		puts(text);
	cJSON_free(text);
	cJSON_Delete(array);
	return text ? 0 : -ENOMEM;
}

static enum exit_status command_doctor(const struct options *options)
{
	struct finding findings[DOCTOR_MAX_CHECKS];
	char path[PATH_MAX];
	int err = workload__find("slowdown", path, sizeof(path));
	size_t count = doctor_checks__run(findings, err ? NULL : path, options->btf);
	enum exit_status status = EXIT_MEASURED;

	for (size_t i = 0; i < count; i++)
		if (findings[i].status == FAIL)
			status = EXIT_CANNOT_MEASURE;
	if (options->format != FORMAT_JSON)
		print_text(findings, count);
	else if (print_json(findings, count))
		status = EXIT_CANNOT_MEASURE;
	return status;
}

const struct command command__doctor = {
	.name = "doctor", .summary = "can this machine measure? what is missing?",
	.options_size = sizeof(struct options), .action = command_doctor,
	.argp = {
		NULL, options__parse_plain, "",
		"Check this machine, and say what to do."
		"\vExamples:\n"
		"  switchtax doctor\n"
		"  switchtax doctor --format json\n",
		options__common, NULL, NULL,
	},
};
