/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * columns - one table of columns drives headers, order, units and parsing.
 *
 * A table describes a row struct field by field. Every type has one value that means
 * "missing"; it is written as an empty field, never as 0, and an empty field reads back
 * as it. columns__clear() is therefore how a row starts.
 */
#ifndef SWITCHTAX_COLUMNS_H
#define SWITCHTAX_COLUMNS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COLUMN_MISSING_U64 UINT64_MAX
#define COLUMN_MISSING_I64 INT64_MIN
#define COLUMN_MISSING_F64 NAN
#define COLUMN_MISSING_BOOL (-1)

/* Room for any number as text, with its NUL: the longest is -2.2250738585072014e-308. */
#define COLUMN_NUMBER_SIZE 32

enum column_type {
	COLUMN_TEXT,	/* char[size], NUL-terminated UTF-8; missing: "" */
	COLUMN_U64,	/* uint64_t; missing: COLUMN_MISSING_U64 */
	COLUMN_I64,	/* int64_t; missing: COLUMN_MISSING_I64 */
	COLUMN_F64,	/* double; missing: NAN, and infinities are written as missing */
	COLUMN_BOOL,	/* int8_t, 0 or 1; missing: COLUMN_MISSING_BOOL */
};

struct column {
	const char *name;
	enum column_type type;
	bool optional;		/* a file without this column is still read */
	size_t offset;		/* of the field in the row struct, in bytes */
	size_t size;		/* of the field, in bytes */
};

struct table {
	const char *file;	/* usual file name, as runs.csv */
	const struct column *columns;
	size_t count;
	size_t row_size;	/* of the row struct, in bytes */
};

/* Make every field of @row (table->row_size bytes) missing. */
void columns__clear(const struct table *table, void *row);

/* The column called @name, or NULL. */
const struct column *columns__find(const struct table *table, const char *name);

/*
 * Copy @text into a char array of @size bytes, cut at a whole UTF-8 character if it does
 * not fit. NULL becomes "" (missing). Returns 0, or -EOVERFLOW if it was cut.
 */
int columns__set_text(char *field, size_t size, const char *text);

/* True if the field of @row is the missing value of its type. */
bool columns__missing(const struct column *column, const void *row);

/* Upper bound of what columns__format() writes for this column, NUL included, in bytes. */
size_t columns__format_size(const struct column *column);

/*
 * Write the field of @row as plain text (not yet quoted) into @text, which has room for
 * columns__format_size() bytes. '.' is the decimal point in every locale; a double has the
 * fewest digits that read back as the same double; bytes that are no UTF-8 become '?', one
 * for one, since thread names may hold anything. Missing gives "". Returns the length.
 */
size_t columns__format(const struct column *column, const void *row, char *text);

/*
 * Strict inverse of columns__format(): no blanks, no sign on unsigned numbers, no hex, inf
 * or nan, nothing left over. "" sets the missing value. Returns NULL, or what was expected
 * ("a whole number from 0 to 18446744073709551614"); the field is then unchanged.
 */
const char *columns__parse(const struct column *column, void *row, const char *text);

#endif
