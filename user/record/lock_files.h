/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock_files - locks.csv: a run's locks and how they were found, as rows and read back. */
#ifndef SWITCHTAX_LOCK_FILES_H
#define SWITCHTAX_LOCK_FILES_H

#include "results/csv.h"
#include "run/run.h"

/* A row for each lock of the run that is known. Returns 0 or as csv__append(). */
int lock_files__write(struct csv *csv, const struct run *run);

/* Put into the run what such a row says. */
void lock_files__take(const struct lock_row *row, struct run *run);

#endif
