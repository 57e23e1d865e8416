// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the CSV files of a results folder and prints the report they lead to: the
// golden test's program. usage: judge DIR LOCK_OPERATION_NS [SWITCH_NS]
#include <fcntl.h>
#include <math.h>
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
	const struct verdict_prices prices = { argc > 2 ? strtod(argv[2], NULL) : NAN,
					       argc > 3 ? strtod(argv[3], NULL) : NAN };
	int dirfd = argc > 2 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
	int err;

	if (dirfd < 0)
		return 2;
	err = samples__read(&samples, dirfd, &first, &error);
	if (!err)
		err = verdict__judge(&samples, &slowdown__question, &prices, first.seed, &verdict);
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
		.experiment = first.experiment,
		.stop_reason = "golden",
	});
	verdict__free(&verdict);
	samples__free(&samples);
	return 0;
}
