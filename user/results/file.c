// SPDX-License-Identifier: GPL-2.0-or-later
// New files as NAME.partial, and their change into NAME.
#define _GNU_SOURCE 1
#include "results/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/sudo.h"

static int partial_name(char *partial, const char *name)
{
	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return -EINVAL;
	if (strlen(name) + sizeof(".partial") > NAME_MAX + 1)
		return -ENAMETOOLONG;
	stpcpy(stpcpy(partial, name), ".partial");
	return 0;
}

int results_file__start(int dirfd, const char *name)
{
	char partial[NAME_MAX + 1];
	int err = partial_name(partial, name);
	int fd;

	if (err)
		return err;
	fd = openat(dirfd, partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	(void)sudo__own(fd); /* a file system without owners is fine */
	return fd;
}

/* For file systems that know no RENAME_NOREPLACE (NFS): link() never replaces either. */
static int link_over(int dirfd, const char *partial, const char *name)
{
	if (linkat(dirfd, partial, dirfd, name, 0))
		return -errno;
	return unlinkat(dirfd, partial, 0) ? -errno : 0;
}

int results_file__finish(int dirfd, int fd, const char *name)
{
	char partial[NAME_MAX + 1];
	int err = partial_name(partial, name);

	if (err)
		return err;
	if (fsync(fd))
		return -errno;
	if (!renameat2(dirfd, partial, dirfd, name, RENAME_NOREPLACE))
		return 0;
	if (errno == EINVAL || errno == ENOSYS)
		return link_over(dirfd, partial, name);
	return -errno;
}

int results_file__replace(int dirfd, int fd, const char *name)
{
	char partial[NAME_MAX + 1];
	int err = partial_name(partial, name);

	if (err)
		return err;
	if (fsync(fd))
		return -errno;
	return renameat(dirfd, partial, dirfd, name) ? -errno : 0;
}

int results_file__drop(int dirfd, const char *name)
{
	char partial[NAME_MAX + 1];
	int err = partial_name(partial, name);

	if (err)
		return err;
	return unlinkat(dirfd, partial, 0) ? -errno : 0;
}
