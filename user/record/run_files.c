// SPDX-License-Identifier: GPL-2.0-or-later
// Puts the rows of several files back into the runs that they came from (parts.h).
#include "record/run_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "record/parts.h"

struct reading {
	const struct folder *folder;
	struct run_files *files;
	const struct run_rows *rows;	/* of the file that is being read */
	struct csv_error *error;
};

static int on_row(const void *row, void *arg)
{
	const struct reading *reading = arg;
	const char *run_id = (const char *)row + reading->rows->table->columns[0].offset;
	size_t index = folder__find(reading->folder, run_id);

	/* A run that did not end is not in runs.csv. */
	if (index == reading->folder->count)
		return 0;
	return reading->rows->take(row, &reading->files->runs[index], reading->error);
}

static int on_observation(const void *data, void *arg)
{
	struct reading *reading = arg;
	struct run_files *files = reading->files;
	struct observation observation = { .row = *(const struct observation_row *)data };
	size_t index = folder__find(reading->folder, observation.row.run_id);
	void *run_of_each;

	if (observation.row.block > FOLDER_MAX_BLOCK)
		return csv__refuse(reading->error, "block", "", "expected a block from 0 to %d",
				   FOLDER_MAX_BLOCK);
	run_of_each = list__grow(files->run_of, files->observations.count, sizeof(*files->run_of));
	if (!run_of_each)
		return -ENOMEM;
	files->run_of = run_of_each;
	files->run_of[files->observations.count] = index;
	if (index < files->count)
		observation.traced = files->runs[index].traced;
	return observations__add(&files->observations, &observation);
}

/* What has been read of each run when the folder was opened: runs.csv and ledger.csv. */
static int begin(struct reading *reading)
{
	const struct folder *folder = reading->folder;
	struct run_files *files = reading->files;

	*files = (struct run_files){ .runs = calloc(folder->count, sizeof(struct run)) };
	if (!files->runs)
		return -ENOMEM;
	files->count = folder->count;
	for (size_t i = 0; i < folder->count; i++) {
		const struct folder_run *from = &folder->runs[i];
		struct run *run = &files->runs[i];

		run_rows__runs.take(&from->row, run, reading->error);
		run->ledger.has_lock = from->states != 0;
		memcpy(run->ledger.lock_ns, from->lock_ns, sizeof(from->lock_ns));
	}
	return 0;
}

static int read_rows(struct reading *reading, const struct run_rows *const *list)
{
	int err = 0;

	for (; *list && !err; list++) {
		const char *name = (*list)->table->file;

		reading->rows = *list;
		if ((*list)->always || folder__has(reading->folder, name))
			err = csv__read(reading->folder->dirfd, name, (*list)->table, on_row,
					reading, reading->error);
	}
	return err;
}

/* The first lock's states are in ledger.csv; an older folder says no more of it than runs.csv. */
static int complete(struct run *run)
{
	struct ledger *ledger = &run->ledger;

	if (!ledger->has_lock)
		return 0;
	if (!ledger->nlocks) {
		ledger->locks = calloc(1, sizeof(*ledger->locks));
		if (!ledger->locks)
			return -ENOMEM;
		ledger->nlocks = 1;
		ledger->locks[0] = (struct ledger_lock){
			.acquisitions = ledger->acquisitions, .releases = ledger->releases,
			.handoffs = ledger->handoffs, .handoffs_forced = ledger->handoffs_forced,
			.lost_claims = ledger->lost_claims,
		};
	}
	if (!ledger->locks[0].window_ns)
		ledger->locks[0].window_ns = ledger->window_ns;
	memcpy(ledger->locks[0].ns, ledger->lock_ns, sizeof(ledger->lock_ns));
	return 0;
}

int run_files__read(const struct folder *folder, struct run_files *files,
		    struct csv_error *error)
{
	static const struct run_rows *const list[] = {
		&run_rows__threads, &run_rows__histograms, &run_rows__locks, &run_rows__futexes,
		NULL,
	};
	struct reading reading = { folder, files, NULL, error };
	int err = begin(&reading);

	err = err ? err : read_rows(&reading, list);
	for (size_t i = 0; i < files->count && !err; i++)
		err = complete(&files->runs[i]) ?: futexes__order(&files->runs[i].futexes);
	if (!err && folder__has(folder, rows__observations.file))
		err = csv__read(folder->dirfd, rows__observations.file, &rows__observations,
				on_observation, &reading, error);
	return err;
}

int run_files__add_stacks(const struct folder *folder, struct stack_sums *sums,
			  struct csv_error *error)
{
	static const struct run_rows *const list[] = { &run_rows__stacks, &run_rows__losses, NULL };
	struct run_files files;
	struct reading reading = { folder, &files, NULL, error };
	int err;

	if (!folder__has(folder, rows__stacks.file))
		return 0;
	err = begin(&reading);
	err = err ? err : read_rows(&reading, list);
	for (size_t i = 0; i < files.count && !err; i++)
		err = stack_sums__add(sums, &files.runs[i]);
	run_files__free(&files);
	return err;
}

void run_files__free(struct run_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		run__free(&files->runs[i]);
	free(files->runs);
	observations__free(&files->observations);
	free(files->run_of);
	*files = (struct run_files){ 0 };
}
