// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes rows: one is one buffer and one pwrite() at the end of the last whole row, and a row
 * across a page border is shielded from SIGKILL, which would tear it.
 */
#define _GNU_SOURCE 1
#include "results/csv.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "results/file.h"

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
	err = results_file__start(dirfd, name);
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
		err = results_file__finish(csv->dirfd, csv->fd, csv->name);
	csv__close(csv);
	return err;
}

void csv__abandon(struct csv *csv)
{
	if (!csv)
		return;
	if (csv->fd >= 0)
		results_file__drop(csv->dirfd, csv->name);
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
