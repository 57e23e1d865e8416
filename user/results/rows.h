/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rows - what a row of each CSV file holds: a struct and a table of each list in
 * include/columns.def, as struct run_row and rows__runs of "runs.csv".
 *
 * Start a row with columns__clear(&rows__runs, &row) and fill what was measured; what
 * stays untouched is written as an empty field.
 */
#ifndef SWITCHTAX_ROWS_H
#define SWITCHTAX_ROWS_H

#include <stdint.h>

#include "results/columns.h"

#define ROWS_NAME_SIZE 64	/* run_id, experiment, arm, lock, state, histogram, component */
#define ROWS_COMM_SIZE 16	/* TASK_COMM_LEN */
#define ROWS_CPUS_SIZE 1024	/* a list of CPUs, as 0-3,8 */
#define ROWS_REASON_SIZE 256
#define ROWS_LOCK_REASON_SIZE 1024	/* may name files */
#define ROWS_CLAIM_REASON_SIZE 384	/* several figures, with their intervals */
#define ROWS_UNIT_SIZE 24
#define ROWS_FUNCTIONS_SIZE 2048
#define ROWS_STACK_SIZE 16384

#define VERSION(number) enum { ROWS_SCHEMA_VERSION = (number) };
#define BEGIN(row) struct row##_row {
#define END(row, plural, file) }; extern const struct table rows__##plural;
#define TEXT(row, column, size, ...) char column[size];
#define U64(row, column, ...) uint64_t column;
#define I64(row, column, ...) int64_t column;
#define F64(row, column, ...) double column;
#define BOOL(row, column, ...) int8_t column;
#include "include/columns.def"

#endif
