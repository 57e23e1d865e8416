/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * csv - rows out to a file and back in, whole or not at all.
 *
 * RFC 4180 with one deliberate difference: lines end in "\n", not "\r\n", because grep, cut
 * and awk would take the CR for part of the last field. The reader takes both.
 */
#ifndef SWITCHTAX_CSV_H
#define SWITCHTAX_CSV_H

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "results/columns.h"

#define CSV_MAX_RECORD 65536		/* bytes of one record, unquoted, 1 more per field */
#define CSV_MAX_COLUMNS 256
#define CSV_MAX_FILE (1UL << 30)	/* bytes of a file that csv__read() takes */

/* A file being written: NAME.partial until csv__commit(). */
struct csv {
	int dirfd;			/* borrowed from the caller */
	int fd;
	int error;			/* the first one; nothing is written after it */
	off_t end;			/* of the last whole row, in bytes */
	const struct table *table;
	char *buffer;			/* one row, sized for the longest there can be */
	char name[NAME_MAX + 1];
};

/* Where reading failed. What does not apply is 0 or "". */
struct csv_error {
	char file[256];
	size_t line;			/* from 1; the line on which the record starts */
	char column[64];
	char value[64];			/* shortened; control and non-ASCII bytes are '?' */
	char text[512];			/* all of it in one line for people, no newline */
};

/*
 * Create @name.partial in @dirfd (see results_file__start()) and write the header.
 * Returns 0 or -errno; then nothing is left behind and no other call is due.
 */
int csv__open(struct csv *csv, int dirfd, const char *name, const struct table *table);

/*
 * Write one row, of table->row_size bytes, in one write(). If it does not go in whole
 * (-ENOSPC, ...) the file is cut back to the last whole row, and this and every later call
 * return the same -errno.
 *
 * SIGKILL to us or our process group leaves whole rows: a row that crosses a page border is
 * written by a short-lived process that outlives us by microseconds (see csv.c). That costs
 * a fork, some 100 us, once per page of output, so append outside of measured windows. What
 * kills everything at once (cgroup.kill, the end of a container) may still tear the last
 * row; it then has no line end, and the reader refuses it.
 */
int csv__append(struct csv *csv, const void *row);

/*
 * A whole table, header and all, as csv__append() would write it; or rows alone. Return 0 or
 * -ENOMEM.
 */
int csv__print(FILE *out, const struct table *table, const void *rows, size_t count);
int csv__print_rows(FILE *out, const struct table *table, const void *rows, size_t count);

/*
 * Make the file appear under its name: fsync, and rename without replacing. After a failed
 * append, or if the name is taken (-EEXIST), the whole rows stay in NAME.partial. Returns 0
 * or -errno, and @csv is closed in either case.
 */
int csv__commit(struct csv *csv);

/* Remove NAME.partial and close. Accepts NULL and a closed @csv. */
void csv__abandon(struct csv *csv);

/* Close and leave NAME.partial with its whole rows. Accepts NULL and a closed @csv. */
void csv__close(struct csv *csv);

/*
 * Read a table back and call @on_row for each row, in order. Columns are found by their
 * name in the header, in any order; unknown ones are skipped, and a missing one is an error
 * unless it is optional, in which case it reads as missing. @row is valid during the call
 * only. A nonzero return of @on_row ends the reading and is returned.
 *
 * While @on_row runs, err->file and err->line say where the row is; csv__refuse() blames it.
 *
 * Returns 0, what @on_row returned, -EBADMSG for content that is not such a table (@err says
 * what, where), -ENOMEM; csv__read() also what open() and read() say, -EINVAL if it is no
 * regular file, -ELOOP if it is a link, and -EFBIG above CSV_MAX_FILE. @err may be NULL.
 *
 * csv__parse() reads from memory; @name appears in errors only.
 */
int csv__read(int dirfd, const char *name, const struct table *table,
	      int (*on_row)(const void *row, void *arg), void *arg, struct csv_error *err);
int csv__parse(const char *buf, size_t len, const char *name, const struct table *table,
	       int (*on_row)(const void *row, void *arg), void *arg, struct csv_error *err);

/*
 * For @on_row: the row is well formed, but what it says cannot be. @err gets the same words as
 * for a malformed one, "file:line: column C: value 'V': what"; column and value may be NULL.
 * Returns -EBADMSG.
 */
int csv__refuse(struct csv_error *err, const char *column, const char *value, const char *format,
		...) __attribute__((format(printf, 4, 5)));

#endif
