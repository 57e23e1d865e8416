/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parts - the files with rows of runs. Each has a file of its own here, which makes its rows of a
 * run and puts them back into one; record.c writes them all, run_files.c reads them all.
 */
#ifndef SWITCHTAX_RECORD_PARTS_H
#define SWITCHTAX_RECORD_PARTS_H

#include "results/csv.h"
#include "results/rows.h"
#include "run/run.h"

enum filled {
	FILLED,
	FILLED_NOTHING,	/* there may be rows behind it */
	FILLED_ALL,	/* there is no such row, and none behind it */
};

struct run_rows {
	const struct table *table;	/* its first column is run_id */
	/* Make the row of that index. It comes cleared, with its run_id. NULL: not a run's part. */
	enum filled (*fill)(void *row, const struct run *run, size_t index);
	/*
	 * Put a row into its run. Returns 0, -ENOMEM or as csv__refuse(). NULL: it is not read, or
	 * elsewhere.
	 */
	int (*take)(const void *row, struct run *run, struct csv_error *error);
	bool always;			/* every folder has the file */
};

extern const struct run_rows run_rows__runs;
extern const struct run_rows run_rows__threads;
extern const struct run_rows run_rows__ledger;
extern const struct run_rows run_rows__locks;
extern const struct run_rows run_rows__histograms;
extern const struct run_rows run_rows__handoffs;
extern const struct run_rows run_rows__futexes;
extern const struct run_rows run_rows__stacks;
extern const struct run_rows run_rows__losses;

/* What a run that has none of it does not say. */
static inline uint64_t or_zero(uint64_t value)
{
	return value == COLUMN_MISSING_U64 ? 0 : value;
}

#endif
