// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Explains a folder of the lab sheet: each experiment's judge looks once more at the observations
 * of its valid runs, which are those of observations.csv and what the other files say of the run.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpulist.h"
#include "explain/parts.h"
#include "labs/slowdown.h"
#include "report/lab.h"

/* A folder of labs under way. */
struct sheet {
	const struct folder *folder;
	struct run_files files;
	struct claims claims;
	struct explanation *explanation;
	uint64_t invalid;
};

/* One lab of it. */
struct one {
	struct report_lab report;
	struct trials trials;		/* of valid runs, without the warm-up */
};

static void count(struct report_lab *report, const struct run *run)
{
	report->runs++;
	report->traced_runs += run->traced;
	report->invalid += run->row.valid != 1;
	if (run->row.block > report->blocks)
		report->blocks = run->row.block;
	for (size_t i = 0; run->traced && i < run->ledger.nthreads; i++) {
		const struct ledger_thread *thread = &run->ledger.threads[i];

		for (int kind = 0; kind < SWITCH_KINDS; kind++) {
			report->switches_seen += thread->switches[kind];
			report->switches_kernel += thread->kernel[kind];
		}
	}
}

static const char *note(const struct sheet *sheet, const char *object, const struct lab *lab)
{
	return environment_file__text(&sheet->folder->environment, object, lab->name);
}

static int collect(const struct sheet *sheet, const struct lab *lab, struct one *one)
{
	const char *reason = note(sheet, "stop_reasons", lab);
	int err = explain_observed(&sheet->files, lab->name, &one->report.observations);

	one->report.lab = lab;
	one->report.stop_reason = reason ? reason : sheet->folder->environment.root ? "" :
				  "explained from its files";
	for (size_t i = 0; i < sheet->files.count && !err; i++) {
		const struct run *run = &sheet->files.runs[i];

		if (strcmp(run->row.experiment, lab->name))
			continue;
		count(&one->report, run);
		if (run->row.block && run->row.valid == 1)
			err = trials__add_run(&one->trials, run);
	}
	return err;
}

/* The CPUs that its runs could use: those that were not confined to one say it. */
static unsigned int count_cpus(const struct run_row *row)
{
	cpu_set_t set;

	return cpulist__parse(row->cpus, &set) ? 0 : (unsigned int)CPU_COUNT(&set);
}

/*
 * The parameters that a judge asks for, most from the runs themselves. The slowdown of the lab
 * sheet runs at its own defaults, and more workers are a part of it.
 */
static struct lab_options options_of(const struct sheet *sheet, const struct lab *lab)
{
	bool fixed = strcmp(lab->name, lab_slowdown.name) == 0;
	const char *nice = environment_file__text(&sheet->folder->environment, "parameters", "nice");
	struct lab_options options = { .cpus = 1, .nice = nice ? atoi(nice) : 0 };

	for (size_t i = 0; i < sheet->files.count; i++) {
		const struct run_row *row = &sheet->files.runs[i].row;

		if (strcmp(row->experiment, lab->name))
			continue;
		options.seed = row->seed;
		options.traced |= row->traced == 1;
		if (count_cpus(row) > options.cpus)
			options.cpus = count_cpus(row);
		if (!fixed && lab->takes & LAB_TAKES_WORKERS &&
		    row->workers != COLUMN_MISSING_U64 && row->workers > options.workers)
			options.workers = row->workers;
		if (!fixed && lab->takes & LAB_TAKES_LOCK && *row->lock)
			options.lock = row->lock;
	}
	return options;
}

static bool has_runs(const struct sheet *sheet, const struct lab *lab)
{
	for (size_t i = 0; i < sheet->files.count; i++)
		if (strcmp(sheet->files.runs[i].row.experiment, lab->name) == 0)
			return true;
	return false;
}

/* Whatever was measured of it: all that there was to be, or nothing, because of the machine? */
static bool has_ended(const struct sheet *sheet, const struct lab *lab)
{
	const char *reason = note(sheet, "stop_reasons", lab);

	return note(sheet, "refused", lab) ||
	       (has_runs(sheet, lab) && !(reason && (!strcmp(reason, EXPERIMENT_INTERRUPTED) ||
						     !strcmp(reason, EXPERIMENT_FAILED))));
}

static int one_lab(struct sheet *sheet, const struct lab *lab, FILE *details)
{
	const struct lab_options options = options_of(sheet, lab);
	struct one one = { .trials = { 0 } };
	const struct lab_evidence evidence = { &one.report.observations, &one.trials, &options };
	int err = collect(sheet, lab, &one);

	if (!err)
		err = lab__judge(lab, &evidence, note(sheet, "refused", lab), &sheet->claims);
	if (!err) {
		sheet->invalid += one.report.invalid;
		report_lab__one(details, &one.report, &sheet->claims);
		fputc('\n', details);
	}
	observations__free(&one.report.observations);
	trials__free(&one.trials);
	return err;
}

/* What was broken off is judged only if there is nothing else. */
static int judge(struct sheet *sheet, FILE *details)
{
	bool any = false;
	int err = 0;

	for (size_t i = 0; all_labs[i]; i++)
		any |= has_ended(sheet, all_labs[i]);
	for (size_t i = 0; all_labs[i] && !err; i++)
		if (any ? has_ended(sheet, all_labs[i]) : has_runs(sheet, all_labs[i]))
			err = one_lab(sheet, all_labs[i], details);
	return err;
}

/* As `labs` prints it, or `run` of one. */
static int print(struct sheet *sheet, const char *details)
{
	FILE *const *out = sheet->explanation->out;
	const char *experiment = environment_file__text(&sheet->folder->environment, NULL,
							"experiment");
	char name[PATH_MAX];

	folder__name(sheet->folder, name, sizeof(name));
	if (!experiment || strcmp(experiment, "labs") == 0) {
		report_lab__scoreboard(out[FORMAT_TEXT], &sheet->claims);
		fputc('\n', out[FORMAT_TEXT]);
	}
	fputs(details, out[FORMAT_TEXT]);
	fprintf(out[FORMAT_TEXT], "Files: %s\n", name);
	report_lab__json(out[FORMAT_JSON], &sheet->claims);
	sheet->explanation->valid = !sheet->invalid;
	return explanation__rows(sheet->explanation, &rows__labs, sheet->claims.rows,
				 sheet->claims.count);
}

static int check_labs(const struct folder *folder, struct csv_error *error)
{
	snprintf(error->file, sizeof(error->file), "%s", rows__runs.file);
	for (size_t i = 0; i < folder->count; i++) {
		const struct folder_run *run = &folder->runs[i];

		error->line = run->line;
		if (!lab__find(run->row.experiment))
			return csv__refuse(error, "experiment", run->row.experiment,
					   "an experiment that this switchtax does not know");
	}
	error->line = 0;
	return 0;
}

static int explain(struct sheet *sheet, struct csv_error *error)
{
	char *text = NULL;
	size_t size = 0;
	FILE *details = open_memstream(&text, &size);
	int err = details ? check_labs(sheet->folder, error) : -ENOMEM;

	err = err ? err : run_files__read(sheet->folder, &sheet->files, error);
	err = err ? err : judge(sheet, details);
	if (details)
		fclose(details);
	err = err ? err : print(sheet, text);
	free(text);
	return err;
}

int explain_labs(const struct folder *folder, struct explanation *explanation,
		 struct csv_error *error)
{
	struct sheet *sheet = calloc(1, sizeof(*sheet));
	int err;

	if (!sheet)
		return -ENOMEM;
	sheet->folder = folder;
	sheet->explanation = explanation;
	err = explain(sheet, error);
	run_files__free(&sheet->files);
	free(sheet);
	return err;
}
