// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads rows: a record is split into NUL-terminated fields in a scratch buffer, then the table's
 * columns parse them. The reader takes what the writer writes and little more; a last line without
 * its end is a torn row and refused, since "12" of "1234" would pass for a number.
 */
#define _GNU_SOURCE 1
#include "results/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"

struct reader {
	const char *at;			/* next byte to read */
	const char *end;
	size_t next_line;		/* line that @at is on, from 1 */
	size_t line;			/* line on which the record began */
	const struct table *table;
	struct csv_error *err;
	size_t header_count;
	const struct column *map[CSV_MAX_COLUMNS];	/* by place in the file; NULL: skip */
	size_t count;			/* fields of the record */
	size_t used;			/* bytes of @text */
	size_t start[CSV_MAX_COLUMNS];	/* of each field in @text */
	char text[CSV_MAX_RECORD + 1];
};

/* It goes to a terminal, and anybody may have written it. */
static void set_printable(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
	text__tame(to, '?');
}

/* Fill the error: "file:line: column C: value 'V': what". Returns -EBADMSG. */
static int blame(struct csv_error *err, const char *column, const char *value,
		 const char *format, va_list args)
{
	char what[160];

	vsnprintf(what, sizeof(what), format, args);
	set_printable(err->column, sizeof(err->column), column ? column : "");
	set_printable(err->value, sizeof(err->value), value ? value : "");
	snprintf(err->text, sizeof(err->text), "%.160s:%zu: %s%s%s%s%s%s%s", err->file,
		 err->line, column ? "column " : "", err->column, column ? ": " : "",
		 value ? "value '" : "", err->value, value ? "': " : "", what);
	return -EBADMSG;
}

int csv__refuse(struct csv_error *err, const char *column, const char *value, const char *format,
		...)
{
	va_list args;

	va_start(args, format);
	blame(err, column, value, format, args);
	va_end(args);
	return -EBADMSG;
}

__attribute__((format(printf, 4, 5)))
static int bad(struct reader *r, const char *column, const char *value, const char *format, ...)
{
	va_list args;

	r->err->line = r->line;
	va_start(args, format);
	blame(r->err, column, value, format, args);
	va_end(args);
	return -EBADMSG;
}

static int put_char(struct reader *r, char c)
{
	if (r->used >= sizeof(r->text))
		return bad(r, NULL, NULL, "the record is longer than %d bytes", CSV_MAX_RECORD);
	r->text[r->used++] = c;
	return 0;
}

static bool at_line_end(const struct reader *r)
{
	return *r->at == '\n' || (*r->at == '\r' && r->end - r->at > 1 && r->at[1] == '\n');
}

/* Inside quotes, up to and with the closing one. */
static int read_quoted(struct reader *r)
{
	for (r->at++; r->at < r->end; r->at++) {
		if (*r->at == '"') {
			if (r->end - r->at < 2 || r->at[1] != '"') {
				r->at++;
				return 0;
			}
			r->at++;
		}
		if (*r->at == '\0')
			return bad(r, NULL, NULL, "a NUL byte in the text");
		if (*r->at == '\n')
			r->next_line++;
		if (put_char(r, *r->at))
			return -EBADMSG;
	}
	return bad(r, NULL, NULL, "a quoted field without its closing quote");
}

static int read_plain(struct reader *r)
{
	for (; r->at < r->end && *r->at != ',' && !at_line_end(r); r->at++) {
		if (*r->at == '"' || *r->at == '\r' || *r->at == '\0')
			return bad(r, NULL, NULL, "%s in a field without quotes",
				   *r->at == '"' ? "a quote" :
				   *r->at == '\r' ? "a carriage return" : "a NUL byte");
		if (put_char(r, *r->at))
			return -EBADMSG;
	}
	return 0;
}

/* One field with its delimiter. 1: the record ended with it, 0: another follows. */
static int read_field(struct reader *r)
{
	int err;

	if (r->count == CSV_MAX_COLUMNS)
		return bad(r, NULL, NULL, "more than %d fields", CSV_MAX_COLUMNS);
	r->start[r->count++] = r->used;
	err = r->at < r->end && *r->at == '"' ? read_quoted(r) : read_plain(r);
	if (!err)
		err = put_char(r, '\0');
	if (err)
		return err;
	if (r->at == r->end)
		return bad(r, NULL, NULL, "the last row is cut off: it has no line end");
	if (*r->at == ',') {
		r->at++;
		return 0;
	}
	if (!at_line_end(r))
		return bad(r, NULL, NULL, "something follows a closing quote");
	r->at += *r->at == '\r' ? 2 : 1;
	r->next_line++;
	return 1;
}

static int read_record(struct reader *r)
{
	int ended;

	r->line = r->next_line;
	r->count = 0;
	r->used = 0;
	do {
		ended = read_field(r);
	} while (!ended);
	return ended < 0 ? ended : 0;
}

static const char *field_at(const struct reader *r, size_t i)
{
	return r->text + r->start[i];
}

/* Columns by name; a name twice would leave open which one counts. */
static int read_header(struct reader *r)
{
	int err;

	if (r->at == r->end)
		return bad(r, NULL, NULL, "the file is empty, not even a header");
	err = read_record(r);
	if (err)
		return err;
	r->header_count = r->count;
	for (size_t i = 0; i < r->count; i++) {
		r->map[i] = columns__find(r->table, field_at(r, i));
		for (size_t j = 0; r->map[i] && j < i; j++)
			if (r->map[j] == r->map[i])
				return bad(r, field_at(r, i), NULL, "twice in the header");
	}
	for (size_t c = 0; c < r->table->count; c++) {
		const struct column *column = &r->table->columns[c];
		size_t i = 0;

		while (i < r->count && r->map[i] != column)
			i++;
		if (i == r->count && !column->optional)
			return bad(r, column->name, NULL, "not in the header");
	}
	return 0;
}

static int read_row(struct reader *r, void *row)
{
	int err = read_record(r);

	if (err)
		return err;
	if (r->count != r->header_count)
		return bad(r, NULL, NULL, "%zu fields where the header has %zu", r->count,
			   r->header_count);
	columns__clear(r->table, row);
	for (size_t i = 0; i < r->count; i++) {
		const char *want;

		want = r->map[i] ? columns__parse(r->map[i], row, field_at(r, i)) : NULL;
		if (want)
			return bad(r, r->map[i]->name, field_at(r, i), "expected %s", want);
	}
	return 0;
}

/* Failures of the machine and not of the content: no line, no column. */
static int fail(struct csv_error *err, int code)
{
	snprintf(err->text, sizeof(err->text), "%.200s: %s", err->file, strerror(-code));
	return code;
}

static void start_error(struct csv_error *err, const char *name)
{
	memset(err, 0, sizeof(*err));
	set_printable(err->file, sizeof(err->file), name);
}

static int read_table(struct reader *r, void *row, int (*on_row)(const void *row, void *arg),
		      void *arg)
{
	int code = read_header(r);

	while (!code && r->at < r->end) {
		code = read_row(r, row);
		r->err->line = r->line;
		if (!code)
			code = on_row(row, arg);
		if (!code)
			r->err->line = 0;
	}
	return code;
}

int csv__parse(const char *buf, size_t len, const char *name, const struct table *table,
	       int (*on_row)(const void *row, void *arg), void *arg, struct csv_error *err)
{
	struct csv_error unseen = { .line = 0 };
	struct reader *r = malloc(sizeof(*r));
	void *row = malloc(table->row_size);
	int code = -ENOMEM;

	err = err ? err : &unseen;
	start_error(err, name);
	if (!r || !row) {
		fail(err, code);
		goto out;
	}
	r->at = buf;
	r->end = buf + len;
	r->next_line = r->line = 1;
	r->table = table;
	r->err = err;
	code = read_table(r, row, on_row, arg);
out:
	free(row);
	free(r);
	return code;
}

int csv__read(int dirfd, const char *name, const struct table *table,
	      int (*on_row)(const void *row, void *arg), void *arg, struct csv_error *err)
{
	struct csv_error unseen = { .line = 0 };
	char *buf = NULL;
	size_t len = 0;
	int code;
	int fd;

	err = err ? err : &unseen;
	start_error(err, name);
	/* O_NONBLOCK: a FIFO of that name must not hang us */
	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	code = io__read_file(fd, CSV_MAX_FILE, &buf, &len);
	if (code)
		return fail(err, code);
	code = csv__parse(buf, len, name, table, on_row, arg, err);
	free(buf);
	return code;
}
