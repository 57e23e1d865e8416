// SPDX-License-Identifier: GPL-2.0-or-later
// Explains a folder of `calibrate`: the price list from what its rounds have observed.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explain/parts.h"
#include "report/prices.h"
#include "prices/calibration.h"

/* Whole ones: the last may have been broken off, which its runs do not tell. */
static uint64_t count_rounds(const struct folder *folder, const struct run_files *files)
{
	const char *text = environment_file__text(&folder->environment, "parameters", "rounds");
	uint64_t last = 0;

	for (size_t i = 0; i < files->count; i++)
		if (files->runs[i].row.block > last)
			last = files->runs[i].row.block;
	return text ? strtoull(text, NULL, 10) : last;
}

static void list_missing(const struct folder *folder, struct report_prices *report)
{
	const char *what, *why;

	while (report->nmissing < REPORT_PRICES_MAX_MISSING &&
	       environment_file__item(&folder->environment, "not_measured", (int)report->nmissing,
				      &what, &why))
		snprintf(report->missing[report->nmissing++], sizeof(report->missing[0]), "%s: %s",
			 what, why);
}

static int print(struct explanation *explanation, const struct folder *folder,
		 const struct observations *all, uint64_t rounds)
{
	struct prices *prices = calloc(1, sizeof(*prices));
	const char *reason = environment_file__text(&folder->environment, NULL, "stop_reason");
	char name[PATH_MAX];
	struct report_prices report = {
		.prices = prices,
		.rounds = rounds,
		.stop_reason = reason ? reason : "-",
		.folder = name,
	};
	int err = prices ? prices__collect(prices, all) : -ENOMEM;

	folder__name(folder, name, sizeof(name));
	list_missing(folder, &report);
	if (!err && prices__against_perf(all, &report.against_perf) == -ENOMEM)
		err = -ENOMEM;
	if (!err) {
		report_prices__text(explanation->out[FORMAT_TEXT], &report);
		report_prices__json(explanation->out[FORMAT_JSON], &report);
		err = explanation__rows(explanation, &rows__prices, prices->rows, prices->count);
	}
	free(prices);
	return err;
}

int explain_prices(const struct folder *folder, struct explanation *explanation,
		   struct csv_error *error)
{
	struct observations all = { 0 };
	struct run_files files = { 0 };
	int err = run_files__read(folder, &files, error);

	if (!err)
		err = explain_observed(&files, CALIBRATION_NAME, &all);
	if (!err)
		err = print(explanation, folder, &all, count_rounds(folder, &files));
	for (size_t i = 0; i < files.count; i++)
		explanation->valid = explanation->valid && files.runs[i].row.valid == 1;
	observations__free(&all);
	run_files__free(&files);
	return err;
}
