// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_environment - environment.json may come from anybody: whatever it says, every question
 * about it has an answer, and a machine's name is printable.
 *
 *   clang -g -fsanitize=fuzzer,address,undefined fuzz_environment.c \
 *         ../../user/machine/environment_file.c -lcjson -lm
 */
#include "../../user/machine/environment_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct environment_file *file)
{
	static const char *const objects[] = { NULL, "machine", "parameters", "bpf" };
	static const char *const keys[] = { "experiment", "cpu_model", "base", "reason",
					    "cpus_online", "schema_version" };
	char label[ENVIRONMENT_FILE_LABEL];

	for (size_t o = 0; o < sizeof(objects) / sizeof(objects[0]); o++) {
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			const char *text = environment_file__text(file, objects[o], keys[k]);

			if (text && strlen(text) > ENVIRONMENT_FILE_MAX)
				abort();
			environment_file__number(file, objects[o], keys[k]);
		}
	}
	for (int i = 0; i < 3; i++)
		environment_file__word(file, i);
	environment_file__label(file, label);
	for (const char *c = label; *c; c++)
		if (*c < ' ' || *c > '~')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct environment_file file = { NULL }, again = { NULL };
	char *text = malloc(size + 1); /* exact sizes let the sanitizer see overreads */
	char why[128] = "";

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (environment_file__parse(text, size, &file, why, sizeof(why))) {
		if (!why[0] || file.root)
			abort();
	} else {
		ask(&file);
		if (environment_file__parse(text, size, &again, why, sizeof(why)))
			abort();
		if (environment_file__same_machine(&file, &again) !=
		    environment_file__same_machine(&file, &file))
			abort();
	}
	environment_file__free(&again);
	environment_file__free(&file);
	free(text);
	return 0;
}
