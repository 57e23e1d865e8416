// SPDX-License-Identifier: GPL-2.0-or-later
// Puts streams with a filter in the place of stdout and stderr.
#define _GNU_SOURCE 1
#include "base/streams.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"

#define LONGEST_CHARACTER 4

struct filter {
	int fd;
	size_t begun;				/* bytes of a character that is not whole yet */
	char bytes[LONGEST_CHARACTER];
};

/* All of @bytes that fits behind what is begun. Returns how many it took, or -errno. */
static ssize_t write_some(struct filter *filter, const char *bytes, size_t size)
{
	char text[4096];
	size_t begun = filter->begun, room = sizeof(text) - begun;
	size_t taken = size < room ? size : room, done;
	int err;

	memcpy(text, filter->bytes, begun);
	memcpy(text + begun, bytes, taken);
	done = text__tame_part(text, begun + taken, '\n');
	filter->begun = begun + taken - done;
	memcpy(filter->bytes, text + done, filter->begun);
	err = io__write_all(filter->fd, text, done);
	return err ? err : (ssize_t)taken;
}

/* fopencookie() takes 0 for an error. */
static ssize_t filter_write(void *cookie, const char *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t taken = write_some(cookie, bytes + done, size - done);

		if (taken < 0) {
			errno = (int)-taken;
			return 0;
		}
		done += (size_t)taken;
	}
	return (ssize_t)done;
}

static FILE *open_filter(struct filter *filter, int mode)
{
	FILE *stream = fopencookie(filter, "w", (cookie_io_functions_t){ .write = filter_write });

	if (stream)
		setvbuf(stream, NULL, mode, 0);
	return stream;
}

/* Buffered as the C library's own are. */
int streams__tame(void)
{
	static struct filter out = { .fd = STDOUT_FILENO }, err = { .fd = STDERR_FILENO };
	FILE *tame_out = open_filter(&out, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF);
	FILE *tame_err = open_filter(&err, _IONBF);

	if (!tame_out || !tame_err)
		return -ENOMEM;
	stdout = tame_out;
	stderr = tame_err;
	return 0;
}

void streams__clear_line(void)
{
	static const char order[] = "\r\033[K";

	fflush(stderr);
	(void)io__write_all(STDERR_FILENO, order, sizeof(order) - 1);
}
