// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the CSV files of a results folder and prints the report they lead to: the
// golden test's program. usage: judge DIR LOCK_OPERATION_NS
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/report.h"
#include "../../user/samples.h"
#include "../../user/slowdown.h"
#include "../../user/verdict.h"

int main(int argc, char **argv)
{
	struct samples samples = { 0 };
	struct csv_error error = { 0 };
	struct verdict verdict;
	struct run_row first;
	double price = argc > 2 ? strtod(argv[2], NULL) : 0;
	int dirfd = argc > 2 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
	int err;

	if (dirfd < 0)
		return 2;
	err = samples__read(&samples, dirfd, &first, &error);
	if (!err)
		err = verdict__judge(&samples, &slowdown__question, price, first.seed, &verdict);
	if (err) {
		fprintf(stderr, "judge: %s\n", error.text[0] ? error.text : strerror(-err));
		return 1;
	}
	report__text(stdout, &(struct report){
		.verdict = &verdict,
		.lock = first.lock,
		.workers = first.workers,
		.objects = first.objects,
		.interval_us = first.interval_us,
		.seed = first.seed,
		.lock_operation_ns = price,
		.stop_reason = "golden",
	});
	samples__free(&samples);
	return 0;
}
