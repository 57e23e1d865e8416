// SPDX-License-Identifier: GPL-2.0-or-later
// Sorts the rows of stacks.csv into runs, and sums them up by arm.
#include "record/stack_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	const struct folder *folder;
	struct stacks *stacks;		/* of each run */
	struct run_samples *lost;	/* the same; only what was lost */
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

static int on_loss(const void *data, void *arg)
{
	const struct loss_row *row = data;
	const struct reading *reading = arg;
	size_t index = folder__find(reading->folder, row->run_id);

	if (index == reading->folder->count || row->count == COLUMN_MISSING_U64)
		return 0;
	for (size_t cause = 0; run_samples__loss_name(cause); cause++)
		if (strcmp(row->cause, run_samples__loss_name(cause)) == 0)
			*run_samples__loss(&reading->lost[index], cause) = row->count;
	return 0;
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
			.lost = &reading->lost[i],
		};

		if (run->row.traced == 1)
			err = stack_sums__add_stacks(sums, &sampled);
	}
	return err;
}

static int read_both(struct reading *reading)
{
	const struct folder *folder = reading->folder;
	int err = csv__read(folder->dirfd, rows__stacks.file, &rows__stacks, on_stack, reading,
			    reading->error);

	if (!err && folder__has(folder, rows__losses.file))
		err = csv__read(folder->dirfd, rows__losses.file, &rows__losses, on_loss, reading,
				reading->error);
	return err;
}

int stack_files__add(const struct folder *folder, struct stack_sums *sums,
		     struct csv_error *error)
{
	struct reading reading = { folder, NULL, NULL, error };
	int err = -ENOMEM;

	if (!folder__has(folder, rows__stacks.file))
		return 0;
	reading.stacks = calloc(folder->count, sizeof(*reading.stacks));
	reading.lost = calloc(folder->count, sizeof(*reading.lost));
	if (reading.stacks && reading.lost)
		err = read_both(&reading);
	if (!err)
		err = sum_up(&reading, sums);
	for (size_t i = 0; reading.stacks && i < folder->count; i++)
		stacks__free(&reading.stacks[i]);
	free(reading.stacks);
	free(reading.lost);
	return err;
}
