// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_csv - the CSV reader must survive anything, and what it accepts must survive us.
 *
 * Random bytes rarely hold the 32 right column names, so an input that starts with anything
 * but 'r' is read as rows behind a real header, and the rest behind an 'r' is the raw file.
 * Every accepted row is written field by field and parsed again: the text must not change.
 *
 *   clang -g -fsanitize=fuzzer,address,undefined fuzz_csv.c \
 *         ../../user/{csv,columns,rows,results}.c
 *   cc -DFUZZ_MAIN ...   the same on the files given as arguments
 */
#include "../../user/results/csv.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/results/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_column(const struct column *column, const void *row)
{
	char first[2 * ROWS_CPUS_SIZE], second[2 * ROWS_CPUS_SIZE];
	struct run_row again;

	columns__clear(&rows__runs, &again);
	columns__format(column, row, first);
	if (columns__parse(column, &again, first))
		abort();
	columns__format(column, &again, second);
	if (strcmp(first, second))
		abort();
}

static int check_row(const void *row, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < rows__runs.count; i++)
		check_column(&rows__runs.columns[i], row);
	return 0;
}

static size_t header(char *to)
{
	char *at = to;

	for (size_t i = 0; i < rows__runs.count; i++)
		at += sprintf(at, "%s%c", rows__runs.columns[i].name,
			      i + 1 < rows__runs.count ? ',' : '\n');
	return (size_t)(at - to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csv_error err;
	char *file = malloc(size + 2048); /* exact sizes let the sanitizer see overreads */
	size_t len = 0;

	if (!file)
		return 0;
	if (size && data[0] != 'r')
		len = header(file);
	if (size > 1)
		memcpy(file + len, data + 1, size - 1);
	len += size ? size - 1 : 0;
	file = realloc(file, len ? len : 1);
	if (file && csv__parse(file, len, "fuzz", &rows__runs, check_row, NULL, &err) &&
	    !err.text[0])
		abort();
	free(file);
	return 0;
}

#ifdef FUZZ_MAIN
static int run_file(const char *name)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(name, "rb");
	size_t size;

	if (!file) {
		perror(name);
		return 1;
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	return LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= run_file(argv[i]);
	return failed;
}
#endif
