// SPDX-License-Identifier: GPL-2.0-or-later
// Writes what the files of parts.h make of a run.
#include "record/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "record/parts.h"
#include "timeline/format.h"

/* A lab's, which come with record__observations(). */
static const struct run_rows observations_rows = { .table = &rows__observations };

static const struct run_rows *const files[RECORD_FILES] = {
	[RECORD_RUNS] = &run_rows__runs,
	[RECORD_THREADS] = &run_rows__threads,
	[RECORD_LEDGER] = &run_rows__ledger,
	[RECORD_LOCKS] = &run_rows__locks,
	[RECORD_HISTOGRAMS] = &run_rows__histograms,
	[RECORD_HANDOFFS] = &run_rows__handoffs,
	[RECORD_FUTEXES] = &run_rows__futexes,
	[RECORD_STACKS] = &run_rows__stacks,
	[RECORD_LOSSES] = &run_rows__losses,
	[RECORD_OBSERVATIONS] = &observations_rows,
};

static int explain(struct record *record, enum record_file file, int err)
{
	results__explain(record->results, files[file]->table->file, err, record->why,
			 sizeof(record->why));
	return err;
}

static bool is_wanted(const struct record_wish *wish, enum record_file file)
{
	switch (file) {
	case RECORD_HANDOFFS: return wish->handoffs;
	case RECORD_FUTEXES: return wish->futexes;
	case RECORD_STACKS:
	case RECORD_LOSSES: return wish->stacks;
	case RECORD_OBSERVATIONS: return wish->observations;
	default: return true;
	}
}

int record__open(struct record *record, struct results *results, const struct record_wish *wish)
{
	*record = (struct record){ .results = results };
	for (int file = 0; file < RECORD_FILES; file++) {
		int err;

		if (!is_wanted(wish, file))
			continue;
		err = csv__open(&record->files[file], results->dirfd, files[file]->table->file,
				files[file]->table);
		if (err) {
			explain(record, file, err);
			record__abandon(record);
			return err;
		}
		record->open[file] = true;
	}
	return 0;
}

static int append(struct record *record, enum record_file file, const void *row)
{
	int err = csv__append(&record->files[file], row);

	return err ? explain(record, file, err) : 0;
}

static int write_rows(struct record *record, enum record_file file, const struct run *run)
{
	const struct table *table = files[file]->table;
	enum filled filled = FILLED;
	char *row;
	int err = 0;

	if (!record->open[file] || !files[file]->fill)
		return 0;
	row = malloc(table->row_size);
	if (!row)
		return explain(record, file, -ENOMEM);
	for (size_t i = 0; filled != FILLED_ALL && !err; i++) {
		columns__clear(table, row);
		columns__set_text(row + table->columns[0].offset, table->columns[0].size,
				  run->row.run_id);
		filled = files[file]->fill(row, run, i);
		if (filled == FILLED)
			err = append(record, file, row);
	}
	free(row);
	return err;
}

static int commit_timeline(struct record *record, const struct run *run)
{
	int err = timeline_writer__commit(run->timeline);
	char name[sizeof(run->row.run_id) + sizeof(TIMELINE_SUFFIX)];

	snprintf(name, sizeof(name), "%s" TIMELINE_SUFFIX, run->row.run_id);
	if (err)
		results__explain(record->results, name, err, record->why, sizeof(record->why));
	return err;
}

int record__run(struct record *record, const struct run *run)
{
	int err = 0;

	for (int file = RECORD_RUNS + 1; file < RECORD_FILES && !err; file++)
		err = write_rows(record, file, run);
	err = err ? err : commit_timeline(record, run);
	return err ? err : write_rows(record, RECORD_RUNS, run);
}

int record__observations(struct record *record, const struct observations *observations,
			 size_t from)
{
	int err = 0;

	for (size_t i = from; i < observations->count && !err; i++)
		err = append(record, RECORD_OBSERVATIONS, &observations->items[i].row);
	return err;
}

int record__commit(struct record *record)
{
	int first = 0;

	/* runs.csv last: it lists what the others hold. */
	for (int file = RECORD_FILES - 1; file >= 0; file--) {
		int err = record->open[file] ? csv__commit(&record->files[file]) : 0;

		record->open[file] = false;
		if (err && !first)
			first = explain(record, file, err);
	}
	return first;
}

void record__abandon(struct record *record)
{
	for (int file = 0; file < RECORD_FILES; file++) {
		if (record->open[file])
			csv__abandon(&record->files[file]);
		record->open[file] = false;
	}
}
