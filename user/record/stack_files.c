// SPDX-License-Identifier: GPL-2.0-or-later
// Sorts the rows of stacks.csv into runs, and sums them up by arm.
#include "record/stack_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	const struct folder *folder;
	struct stacks *stacks;		/* of each run */
	struct csv_error *error;
};

static int on_stack(const void *data, void *arg)
{
	const struct stack_row *row = data;
	const struct reading *reading = arg;
	size_t index = folder__find(reading->folder, row->run_id);

	if (index == reading->folder->count)
		return 0;
	if (row->samples == COLUMN_MISSING_U64)
		return csv__refuse(reading->error, "samples", "", "every stack was sampled");
	for (int kind = 0; kind < SAMPLE_KINDS; kind++)
		if (strcmp(row->kind, sample_kind__name(kind)) == 0)
			return stacks__add(&reading->stacks[index], kind, row->stack,
					   row->samples);
	return csv__refuse(reading->error, "kind", row->kind,
			   "not one of user, fault, syscall, interrupt");
}

static int sum_up(const struct reading *reading, struct stack_sums *sums)
{
	int err = 0;

	for (size_t i = 0; i < reading->folder->count && !err; i++) {
		const struct folder_run *run = &reading->folder->runs[i];
		const struct stack_run sampled = {
			.row = &run->row,
			.has_lock = run->states != 0,
			.held_running_ns = run->held_running_ns,
			.stacks = &reading->stacks[i],
		};

		if (run->row.traced == 1)
			err = stack_sums__add_stacks(sums, &sampled);
	}
	return err;
}

int stack_files__add(const struct folder *folder, struct stack_sums *sums,
		     struct csv_error *error)
{
	struct reading reading = { folder, NULL, error };
	int err;

	if (!folder__has(folder, rows__stacks.file))
		return 0;
	reading.stacks = calloc(folder->count, sizeof(*reading.stacks));
	if (!reading.stacks)
		return -ENOMEM;
	err = csv__read(folder->dirfd, rows__stacks.file, &rows__stacks, on_stack, &reading,
			error);
	if (!err)
		err = sum_up(&reading, sums);
	for (size_t i = 0; i < folder->count; i++)
		stacks__free(&reading.stacks[i]);
	free(reading.stacks);
	return err;
}
