// SPDX-License-Identifier: GPL-2.0-or-later
// Reads what sudo leaves in the environment (sudo(8), "ENVIRONMENT").
#include "base/sudo.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A whole number below 2^32 - 1, the user id that means "nobody named". */
static bool read_id(const char *name, unsigned int *id)
{
	const char *text = getenv(name);
	unsigned long value;

	if (!text || !*text || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	value = strtoul(text, NULL, 10);
	if (errno || value >= UINT32_MAX)
		return false;
	*id = (unsigned int)value;
	return true;
}

bool sudo__uid(uid_t *uid)
{
	return read_id("SUDO_UID", uid);
}

int sudo__own(int fd)
{
	unsigned int uid, gid;

	if (geteuid() != 0 || !sudo__uid(&uid) || !read_id("SUDO_GID", &gid))
		return 0;
	return fchown(fd, uid, gid) ? -errno : 0;
}
