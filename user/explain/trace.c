// SPDX-License-Identifier: GPL-2.0-or-later
// Explains a folder of `trace` or `attach`: one run, of which there is nothing to judge.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/parts.h"
#include "prices/prices.h"
#include "report/stacks.h"
#include "report/trace.h"

/* What people know it by: the word behind "--", or the name of its first thread. */
static const char *program_of(const struct folder *folder, const struct run *run)
{
	const struct environment_file *environment = &folder->environment;
	const char *word, *program = environment_file__text(environment, "parameters", "program");

	for (int i = 0; !program && (word = environment_file__word(environment, i)); i++)
		if (strcmp(word, "--") == 0)
			program = environment_file__word(environment, i + 1);
	if (program)
		return program;
	return run->ledger.nthreads ? run->ledger.threads[0].comm : run->row.experiment;
}

/* Of watching the lock; 0: it was not felt. */
static int read_price(const struct folder *folder, double *ns, struct csv_error *error)
{
	struct prices *prices = calloc(1, sizeof(*prices));
	const struct price_row *row;
	int err = prices ? 0 : -ENOMEM;

	*ns = 0;
	if (!err && folder__has(folder, rows__prices.file))
		err = prices__read(prices, folder->dirfd, error);
	row = err ? NULL : prices__find(prices, PRICES_WATCHED, "-");
	if (row && row->median_ns > 0)
		*ns = row->median_ns;
	free(prices);
	return err;
}

static int print(struct explanation *explanation, const struct folder *folder,
		 const struct run *run, double probe_ns)
{
	char path[PATH_MAX];
	const struct report_trace report = {
		.run = run,
		.program = program_of(folder, run),
		.folder = path,
		.attached = strcmp(run->row.experiment, "attach") == 0,
		.probe_ns = probe_ns,
	};

	folder__name(folder, path, sizeof(path));
	report_trace__text(explanation->out[FORMAT_TEXT], &report);
	report_stacks__text(explanation->out[FORMAT_TEXT], &explanation->stacks, NULL,
			    run->row.arm);
	report_trace__csv(explanation->out[FORMAT_CSV], run);
	explanation->valid = run->row.valid == 1;
	return report_trace__json(explanation->out[FORMAT_JSON], &report);
}

int explain_trace(const struct folder *folder, struct explanation *explanation,
		  struct csv_error *error)
{
	struct run_files files = { 0 };
	double probe_ns;
	int err = run_files__read(folder, &files, error);

	if (!err && files.count > 1) {
		snprintf(error->text, sizeof(error->text), "%s: %zu runs, where there can be one",
			 rows__runs.file, files.count);
		err = -EBADMSG;
	}
	if (!err)
		err = run_files__add_stacks(folder, &explanation->stacks, error);
	if (!err)
		err = read_price(folder, &probe_ns, error);
	if (!err)
		err = print(explanation, folder, &files.runs[0], probe_ns);
	run_files__free(&files);
	return err;
}
