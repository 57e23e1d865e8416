/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record_ledger - the lock's states in the runs of a folder. */
#ifndef SWITCHTAX_RECORD_LEDGER_H
#define SWITCHTAX_RECORD_LEDGER_H

#include "results/csv.h"
#include "record/folder.h"

/*
 * Read ledger.csv into folder->runs. In it there is every state once per run, all eight or none,
 * all of them for a traced run whose lock was seen, and, of a valid run, adding up to its window
 * (identity L1 of docs/measurement.md). Rows of runs that are not in runs.csv were written by
 * runs that did not end, and are passed over. Returns 0, -EBADMSG with *error saying where, or
 * what csv__read() returns.
 */
int record_ledger__read(struct folder *folder, struct csv_error *error);

#endif
