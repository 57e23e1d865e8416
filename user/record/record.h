/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record - the CSV files of one experiment, written run by run.
 *
 * A run's threads, ledger, histograms and hand-offs are written before its row in
 * runs.csv, so a run that is listed there is complete.
 */
#ifndef SWITCHTAX_RECORD_H
#define SWITCHTAX_RECORD_H

#include <stdbool.h>

#include "results/csv.h"
#include "evidence/observations.h"
#include "results/folder.h"
#include "run/run.h"

enum record_file {
	RECORD_RUNS,
	RECORD_THREADS,
	RECORD_LEDGER,
	RECORD_LOCKS,
	RECORD_HISTOGRAMS,
	RECORD_HANDOFFS,
	RECORD_FUTEXES,
	RECORD_STACKS,
	RECORD_LOSSES,
	RECORD_OBSERVATIONS,
	RECORD_FILES,
};

struct record {
	struct results *results;	/* borrowed */
	struct csv files[RECORD_FILES];
	bool open[RECORD_FILES];
	char why[512];			/* the last error, for people */
};

/* Files that only some experiments have. */
struct record_wish {
	bool handoffs;		/* handoffs.csv */
	bool futexes;		/* futexes.csv */
	bool stacks;		/* stacks.csv, losses.csv */
	bool observations;	/* observations.csv */
};

/* Create the files. Returns 0 or -errno, see record->why. */
int record__open(struct record *record, struct results *results, const struct record_wish *wish);

/* Write all rows of one run, and let its timeline appear. Returns 0 or -errno, see record->why. */
int record__run(struct record *record, const struct run *run);

/* Write the observations from that index on; of a run, before the run itself. As above. */
int record__observations(struct record *record, const struct observations *observations,
			 size_t from);

/* Give the files their names. Returns 0 or -errno, see record->why. */
int record__commit(struct record *record);

/* Remove the files: nothing was measured. */
void record__abandon(struct record *record);

#endif
