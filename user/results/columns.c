// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * columns - one table of columns drives headers, order, units and parsing.
 *
 * printf() and strtod() take the decimal point from the locale, and a CSV must not. Numbers
 * are therefore formatted and parsed in the C locale, switched for the calling thread only.
 */
#define _GNU_SOURCE 1
#include "results/columns.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* glibc returns its static C locale here: nothing is allocated, and it cannot fail. */
static locale_t c_locale(void)
{
	return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static const void *field_of(const struct column *column, const void *row)
{
	return (const char *)row + column->offset;
}

#define FIELD(type, column, row) (*(const type *)field_of(column, row))

static void set_missing(const struct column *column, void *row)
{
	void *field = (char *)row + column->offset;

	switch (column->type) {
	case COLUMN_TEXT:
		*(char *)field = '\0';
		break;
	case COLUMN_U64:
		*(uint64_t *)field = COLUMN_MISSING_U64;
		break;
	case COLUMN_I64:
		*(int64_t *)field = COLUMN_MISSING_I64;
		break;
	case COLUMN_F64:
		*(double *)field = COLUMN_MISSING_F64;
		break;
	case COLUMN_BOOL:
		*(int8_t *)field = COLUMN_MISSING_BOOL;
		break;
	}
}

void columns__clear(const struct table *table, void *row)
{
	memset(row, 0, table->row_size);
	for (size_t i = 0; i < table->count; i++)
		set_missing(&table->columns[i], row);
}

const struct column *columns__find(const struct table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (!strcmp(table->columns[i].name, name))
			return &table->columns[i];
	return NULL;
}

int columns__set_text(char *field, size_t size, const char *text)
{
	size_t length, end;

	if (!size)
		return -EOVERFLOW;
	text = text ? text : "";
	length = end = strlen(text);
	if (length >= size) {
		end = size - 1;
		/* back to where a character starts, which is 3 bytes away at most */
		for (int i = 0; i < 3 && end && ((unsigned char)text[end] & 0xc0) == 0x80; i++)
			end--;
	}
	memcpy(field, text, end);
	memset(field + end, 0, size - end);
	text__tame(field, '?');
	return end < length ? -EOVERFLOW : 0;
}

bool columns__missing(const struct column *column, const void *row)
{
	switch (column->type) {
	case COLUMN_TEXT:
		return FIELD(char, column, row) == '\0';
	case COLUMN_U64:
		return FIELD(uint64_t, column, row) == COLUMN_MISSING_U64;
	case COLUMN_I64:
		return FIELD(int64_t, column, row) == COLUMN_MISSING_I64;
	case COLUMN_F64:
		return !isfinite(FIELD(double, column, row));
	case COLUMN_BOOL:
		return FIELD(int8_t, column, row) == COLUMN_MISSING_BOOL;
	}
	return true;
}

size_t columns__format_size(const struct column *column)
{
	return column->type == COLUMN_TEXT ? column->size + 1 : COLUMN_NUMBER_SIZE;
}

static size_t format_text(const char *field, size_t size, char *text)
{
	size_t length = strnlen(field, size);

	memcpy(text, field, length);
	text[length] = '\0';
	text__tame(text, '?');
	return length;
}

/*
 * %g drops trailing zeros, so 15 digits already give the short form of every decimal of
 * that length; 17 always suffice for an IEEE double.
 */
static int format_f64(double value, char *text)
{
	locale_t c = c_locale();
	locale_t before = uselocale(c);
	int length = 0;

	for (int digits = 15; digits <= 17; digits++) {
		length = snprintf(text, COLUMN_NUMBER_SIZE, "%.*g", digits, value);
		if (strtod_l(text, NULL, c) == value)
			break;
	}
	uselocale(before);
	return length;
}

size_t columns__format(const struct column *column, const void *row, char *text)
{
	int length = 0;

	text[0] = '\0';
	if (columns__missing(column, row))
		return 0;
	switch (column->type) {
	case COLUMN_TEXT:
		return format_text(field_of(column, row), column->size, text);
	case COLUMN_U64:
		length = snprintf(text, COLUMN_NUMBER_SIZE, "%" PRIu64,
				  FIELD(uint64_t, column, row));
		break;
	case COLUMN_I64:
		length = snprintf(text, COLUMN_NUMBER_SIZE, "%" PRId64,
				  FIELD(int64_t, column, row));
		break;
	case COLUMN_F64:
		length = format_f64(FIELD(double, column, row), text);
		break;
	case COLUMN_BOOL:
		length = snprintf(text, COLUMN_NUMBER_SIZE, "%d",
				  FIELD(int8_t, column, row) != 0);
		break;
	}
	return (size_t)length;
}

static size_t digits_at(const char *text)
{
	return strspn(text, "0123456789");
}

static const char *parse_text(const struct column *column, char *field, const char *text)
{
	size_t length = strlen(text);
	size_t step;

	if (length >= column->size)
		return "a shorter text";
	for (size_t i = 0; i < length; i += step) {
		step = text__utf8_length(text + i, length - i);
		if (!step)
			return "UTF-8";
	}
	memset(field, 0, column->size);
	memcpy(field, text, length + 1);
	text__tame(field, '?');
	return NULL;
}

static const char *parse_u64(uint64_t *field, const char *text)
{
	static const char want[] = "a whole number from 0 to 18446744073709551614";
	uint64_t value;

	if (!digits_at(text) || text[digits_at(text)])
		return want;
	errno = 0;
	value = strtoull(text, NULL, 10);
	if (errno || value == COLUMN_MISSING_U64)
		return want;
	*field = value;
	return NULL;
}

static const char *parse_i64(int64_t *field, const char *text)
{
	static const char want[] = "a whole number, at most 9223372036854775807 either way";
	const char *digits = text + (*text == '-');
	int64_t value;

	if (!digits_at(digits) || digits[digits_at(digits)])
		return want;
	errno = 0;
	value = strtoll(text, NULL, 10);
	if (errno || value == COLUMN_MISSING_I64)
		return want;
	*field = value;
	return NULL;
}

/* -?digits[.digits][e[+-]digits]; strtod() alone would take blanks, hex, inf and nan. */
static bool is_decimal(const char *text)
{
	text += *text == '-';
	if (!digits_at(text))
		return false;
	text += digits_at(text);
	if (*text == '.') {
		if (!digits_at(++text))
			return false;
		text += digits_at(text);
	}
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '-' || *text == '+';
		if (!digits_at(text))
			return false;
		text += digits_at(text);
	}
	return *text == '\0';
}

static const char *parse_f64(double *field, const char *text)
{
	static const char want[] = "a finite decimal number";
	double value;

	if (!is_decimal(text))
		return want;
	value = strtod_l(text, NULL, c_locale());
	if (!isfinite(value))
		return want;
	*field = value;
	return NULL;
}

static const char *parse_bool(int8_t *field, const char *text)
{
	if ((text[0] != '0' && text[0] != '1') || text[1])
		return "0 or 1";
	*field = (int8_t)(text[0] - '0');
	return NULL;
}

const char *columns__parse(const struct column *column, void *row, const char *text)
{
	void *field = (char *)row + column->offset;

	if (!*text) {
		set_missing(column, row);
		return NULL;
	}
	switch (column->type) {
	case COLUMN_TEXT:
		return parse_text(column, field, text);
	case COLUMN_U64:
		return parse_u64(field, text);
	case COLUMN_I64:
		return parse_i64(field, text);
	case COLUMN_F64:
		return parse_f64(field, text);
	case COLUMN_BOOL:
		return parse_bool(field, text);
	}
	return "a known column type";
}
