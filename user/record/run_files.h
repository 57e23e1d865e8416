/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run_files - the runs of a results folder as they were when they ended, from its CSV files.
 *
 * What a run holds beyond that (its hand-offs one by one, what it printed) is left empty.
 */
#ifndef SWITCHTAX_RUN_FILES_H
#define SWITCHTAX_RUN_FILES_H

#include "results/csv.h"
#include "record/folder.h"
#include "evidence/observations.h"
#include "evidence/stack_sums.h"
#include "run/run.h"

struct run_files {
	struct run *runs;		/* as folder->runs */
	size_t count;
	struct observations observations;	/* of observations.csv, in its order */
	size_t *run_of;			/* of each observation; count: of no run */
};

/*
 * Read all but what was sampled; the folder comes from pool__open(), which has read runs.csv and
 * ledger.csv. Returns 0, -ENOMEM, or as csv__read(), with *error saying where. End with
 * run_files__free() in every case.
 */
int run_files__read(const struct folder *folder, struct run_files *files,
		    struct csv_error *error);
void run_files__free(struct run_files *files);

/*
 * Add what the running holder was sampled doing in a folder's measured, valid, traced runs; nothing
 * where no run was sampled. Returns as above. stack_sums__free() in every case.
 */
int run_files__add_stacks(const struct folder *folder, struct stack_sums *sums,
			  struct csv_error *error);

#endif
