// SPDX-License-Identifier: GPL-2.0-or-later
// Reads and writes until all is done.
#include "base/io.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int io__write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size) {
		ssize_t done = write(fd, at, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -EIO;
		at += done;
		size -= (size_t)done;
	}
	return 0;
}

ssize_t io__read_all(int fd, void *bytes, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t done = read(fd, (char *)bytes + got, size - got);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		if (done == 0)
			break;
		got += (size_t)done;
	}
	return (ssize_t)got;
}

static int read_whole(int fd, size_t most, char **bytes, size_t *size)
{
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((size_t)st.st_size > most)
		return -EFBIG;
	*bytes = malloc((size_t)st.st_size + 1);
	if (!*bytes)
		return -ENOMEM;
	got = io__read_all(fd, *bytes, (size_t)st.st_size);
	if (got < 0) {
		free(*bytes);
		return (int)got;
	}
	(*bytes)[got] = '\0';
	*size = (size_t)got;
	return 0;
}

int io__read_file(int fd, size_t most, char **bytes, size_t *size)
{
	int err;

	if (fd < 0)
		return -errno;
	err = read_whole(fd, most, bytes, size);
	close(fd);
	return err;
}
