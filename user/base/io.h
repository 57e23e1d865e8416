/* SPDX-License-Identifier: GPL-2.0-or-later */
/* io - all of it, or why not: whole reads and writes, however often the kernel stops short. */
#ifndef SWITCHTAX_IO_H
#define SWITCHTAX_IO_H

#include <stddef.h>
#include <sys/types.h>

/* Returns 0 or -errno. */
int io__write_all(int fd, const void *bytes, size_t size);

/* How many bytes there were, at most @size, or -errno. */
ssize_t io__read_all(int fd, void *bytes, size_t size);

/*
 * A file of at most @most bytes in one piece, with a NUL behind it. @fd comes straight from open(),
 * even if that failed, and is closed. Returns 0, -EINVAL (no regular file), -EFBIG, -ENOMEM or
 * -errno. *bytes is to be freed after 0 only.
 */
int io__read_file(int fd, size_t most, char **bytes, size_t *size);

#endif
