// SPDX-License-Identifier: GPL-2.0-or-later
// The look-up that a shell would make, and its words for what it does not find.
#include "program/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_program(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return -ENOENT;
	return S_ISREG(status.st_mode) && access(path, X_OK) == 0 ? 0 : -EACCES;
}

static int copy_path(char *path, size_t size, const char *folder, size_t length, const char *name)
{
	int written = length ? snprintf(path, size, "%.*s/%s", (int)length, folder, name)
			     : snprintf(path, size, "%s", name);

	return written < 0 || (size_t)written >= size ? -ENAMETOOLONG : 0;
}

int path__find(const char *name, char *path, size_t size)
{
	const char *folder = getenv("PATH");
	int found = -ENOENT;

	if (!*name)
		return -ENOENT;
	if (strchr(name, '/')) {
		int err = copy_path(path, size, "", 0, name);

		return err ? err : check_program(path);
	}
	while (folder && *folder) {
		size_t length = strcspn(folder, ":");
		int err = copy_path(path, size, folder, length, name);

		err = err ? err : check_program(path);
		if (!err)
			return 0;
		if (err == -EACCES)
			found = err;
		folder += length + (folder[length] == ':');
	}
	return found;
}

const char *path__why(int err)
{
	return err == -ENOENT ? "command not found (127)" :
	       err == -EACCES ? "cannot be executed (126)" : strerror(-err);
}
