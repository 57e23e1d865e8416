// SPDX-License-Identifier: GPL-2.0-or-later
// Makes tables of the lists of columns.
#include "results/rows.h"

#define COLUMN(row, column, kind, ...)                                                     \
	{                                                                                  \
		.name = #column, .type = (kind), .optional = (false __VA_ARGS__),          \
		.offset = offsetof(struct row##_row, column),                              \
		.size = sizeof(((struct row##_row *)0)->column),                           \
	},

#define VERSION(number)
#define BEGIN(row) static const struct column row##_columns[] = {
#define END(row, plural, file_name)                                                        \
	};                                                                                 \
	const struct table rows__##plural = {                                              \
		.file = (file_name), .columns = row##_columns,                             \
		.count = sizeof(row##_columns) / sizeof(row##_columns[0]),                 \
		.row_size = sizeof(struct row##_row),                                      \
	};
/* COLUMN() ends with it, or with nothing. */
#define ADDED || true
#define TEXT(row, column, size, ...) COLUMN(row, column, COLUMN_TEXT, __VA_ARGS__)
#define U64(row, column, ...) COLUMN(row, column, COLUMN_U64, __VA_ARGS__)
#define I64(row, column, ...) COLUMN(row, column, COLUMN_I64, __VA_ARGS__)
#define F64(row, column, ...) COLUMN(row, column, COLUMN_F64, __VA_ARGS__)
#define BOOL(row, column, ...) COLUMN(row, column, COLUMN_BOOL, __VA_ARGS__)
#include "include/columns.def"
