// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * csv - rows out to a file and back in, whole or not at all.
 *
 * Writing: one row is one buffer and one pwrite() at the end of the last whole row, and a
 * row across a page border is shielded from SIGKILL, which would tear it.
 * Reading: a record is split into NUL-terminated fields in a scratch buffer, then the
 * table's columns parse them. The reader takes what the writer writes and little more; a
 * last line without its end is a torn row and refused, since "12" of "1234" would pass
 * for a number.
 */
#define _GNU_SOURCE 1
#include "results/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "results/folder.h"

/* ---- writing ---- */

/* Append @text and the delimiter @after; quoted where RFC 4180 section 2.6 asks for it. */
static char *put_field(char *to, const char *text, char after)
{
	if (text[strcspn(text, ",\"\r\n")]) {
		*to++ = '"';
		for (; *text; text++) {
			if (*text == '"')
				*to++ = '"';
			*to++ = *text;
		}
		*to++ = '"';
	} else {
		to = stpcpy(to, text);
	}
	*to++ = after;
	return to;
}

static char after_column(const struct table *table, size_t i)
{
	return i + 1 < table->count ? ',' : '\n';
}

static size_t header_size(const struct table *table)
{
	size_t size = 1;

	for (size_t i = 0; i < table->count; i++)
		size += 2 * strlen(table->columns[i].name) + 3;
	return size;
}

/* The longest row: every byte a quote to be doubled, two quotes around, a delimiter. */
static size_t row_text_size(const struct table *table)
{
	size_t size = 1;

	for (size_t i = 0; i < table->count; i++)
		size += 2 * columns__format_size(&table->columns[i]) + 3;
	return size;
}

/* Room behind the row for one field as plain text. */
static size_t field_text_size(const struct table *table)
{
	size_t most = 1;

	for (size_t i = 0; i < table->count; i++)
		if (columns__format_size(&table->columns[i]) > most)
			most = columns__format_size(&table->columns[i]);
	return most;
}

static size_t format_header(const struct table *table, char *buffer)
{
	char *to = buffer;

	for (size_t i = 0; i < table->count; i++)
		to = put_field(to, table->columns[i].name, after_column(table, i));
	return (size_t)(to - buffer);
}

static size_t format_row(const struct table *table, const void *row, char *buffer)
{
	char *plain = buffer + row_text_size(table);
	char *to = buffer;

	for (size_t i = 0; i < table->count; i++) {
		columns__format(&table->columns[i], row, plain);
		to = put_field(to, plain, after_column(table, i));
	}
	return (size_t)(to - buffer);
}

/* The whole of csv->buffer[0..len) behind the last row, or nothing of it: 0 or -errno. */
static int write_row(const struct csv *csv, size_t len)
{
	size_t done = 0;
	int err = 0;

	while (done < len && !err) {
		ssize_t n = pwrite(csv->fd, csv->buffer + done, len - done,
				   csv->end + (off_t)done);

		if (n > 0)
			done += (size_t)n; /* a short write: the next one says why */
		else if (n == 0)
			err = -EIO;
		else if (errno != EINTR)
			err = -errno;
	}
	if (err && done && ftruncate(csv->fd, csv->end))
		return err; /* the first error tells more; the reader refuses the torn row */
	return err;
}

/*
 * The kernel copies a write page by page, grows the file with each, and stops between two
 * if the task is being killed (fatal_signal_pending() in generic_perform_write(),
 * mm/filemap.c): SIGKILL can tear a row across a page border, and did within a few dozen
 * kills of a busy writer. So such a row is written by a process of its own, in its own
 * session so that neither kill -9 of us nor of our group reaches it. Should it be killed
 * before setsid(), it has not written yet.
 *
 * A raw clone() with no exit signal: no SIGCHLD for the loader to wonder about, and no
 * waitpid(-1) elsewhere can take the child from us. The child makes system calls only.
 */
static int write_row_shielded(const struct csv *csv, size_t len)
{
	sigset_t all, before;
	int status = 0;
	pid_t child;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	child = (pid_t)syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
	if (child == 0) {
		setsid();
		_exit(-write_row(csv, len)); /* errno values fit into 8 bits */
	}
	if (child > 0)
		while (waitpid(child, &status, __WALL) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (child < 0)
		return write_row(csv, len); /* no process to be had: a row is worth a risk */
	if (WIFSIGNALED(status)) {
		/* somebody killed the child alone: nothing of the row may stay */
		return ftruncate(csv->fd, csv->end) ? -errno : -EINTR;
	}
	return -WEXITSTATUS(status);
}

static int append_buffer(struct csv *csv, size_t len)
{
	off_t page = sysconf(_SC_PAGESIZE);
	bool crosses = csv->end / page != (csv->end + (off_t)len - 1) / page;

	csv->error = crosses ? write_row_shielded(csv, len) : write_row(csv, len);
	if (!csv->error)
		csv->end += (off_t)len;
	return csv->error;
}

int csv__open(struct csv *csv, int dirfd, const char *name, const struct table *table)
{
	size_t row_size = row_text_size(table) + field_text_size(table);
	size_t size = header_size(table) > row_size ? header_size(table) : row_size;
	int err;

	*csv = (struct csv){ .dirfd = dirfd, .fd = -1, .table = table };
	csv->buffer = malloc(size);
	if (!csv->buffer)
		return -ENOMEM;
	err = results__start_file(dirfd, name);
	if (err < 0)
		goto fail;
	csv->fd = err;
	memcpy(csv->name, name, strlen(name)); /* start_file() refuses longer ones */
	err = append_buffer(csv, format_header(table, csv->buffer));
	if (!err)
		return 0;
fail:
	csv__abandon(csv);
	return err;
}

int csv__print(FILE *out, const struct table *table, const void *rows, size_t count)
{
	char *buffer = malloc(header_size(table));

	if (!buffer)
		return -ENOMEM;
	fwrite(buffer, 1, format_header(table, buffer), out);
	free(buffer);
	return csv__print_rows(out, table, rows, count);
}

int csv__print_rows(FILE *out, const struct table *table, const void *rows, size_t count)
{
	char *buffer = malloc(row_text_size(table) + field_text_size(table));

	if (!buffer)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		fwrite(buffer, 1, format_row(table, (const char *)rows + i * table->row_size,
					     buffer), out);
	free(buffer);
	return 0;
}

int csv__append(struct csv *csv, const void *row)
{
	if (csv->error)
		return csv->error;
	return append_buffer(csv, format_row(csv->table, row, csv->buffer));
}

int csv__commit(struct csv *csv)
{
	int err = csv->error;

	if (!err)
		err = results__finish_file(csv->dirfd, csv->fd, csv->name);
	csv__close(csv);
	return err;
}

void csv__abandon(struct csv *csv)
{
	if (!csv)
		return;
	if (csv->fd >= 0)
		results__drop_file(csv->dirfd, csv->name);
	csv__close(csv);
}

void csv__close(struct csv *csv)
{
	if (!csv)
		return;
	if (csv->fd >= 0)
		close(csv->fd);
	free(csv->buffer);
	csv->fd = -1;
	csv->buffer = NULL;
	csv->error = csv->error ? csv->error : -EBADF; /* for who appends to a closed file */
}

/* ---- reading ---- */

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

static void set_printable(char *to, size_t size, const char *from)
{
	size_t i = 0;

	for (; from[i] && i + 1 < size; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
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

/* The file in one allocation; 0 or -errno. */
static int load(int fd, char **buf, size_t *len)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((size_t)st.st_size > CSV_MAX_FILE)
		return -EFBIG;
	*buf = malloc((size_t)st.st_size + 1);
	if (!*buf)
		return -ENOMEM;
	while (*len < (size_t)st.st_size) {
		ssize_t n = read(fd, *buf + *len, (size_t)st.st_size - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		*len += (size_t)n;
	}
	return 0;
}

int csv__read(int dirfd, const char *name, const struct table *table,
	      int (*on_row)(const void *row, void *arg), void *arg, struct csv_error *err)
{
	struct csv_error unseen = { .line = 0 };
	char *buf = NULL;
	size_t len = 0;
	int code = 0;
	int fd;

	err = err ? err : &unseen;
	start_error(err, name);
	/* O_NONBLOCK: a FIFO of that name must not hang us */
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fail(err, -errno);
	code = load(fd, &buf, &len);
	if (code)
		fail(err, code);
	else
		code = csv__parse(buf, len, name, table, on_row, arg, err);
	free(buf);
	close(fd);
	return code;
}
