/* SPDX-License-Identifier: GPL-2.0-or-later */
/* path - which file a command is. */
#ifndef SWITCHTAX_PATH_H
#define SWITCHTAX_PATH_H

#include <stddef.h>

/*
 * The file that execvp(3) would run for name: searches PATH unless name has a slash.
 * Returns 0, -ENOENT, -EACCES (found, but not executable) or -ENAMETOOLONG.
 */
int path__find(const char *name, char *path, size_t size);

/* Such an error in words, with the status that a shell would end with. */
const char *path__why(int err);

#endif
