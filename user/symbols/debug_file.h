/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug_file - the file that keeps the symbols which were stripped from another one. */
#ifndef SWITCHTAX_DEBUG_FILE_H
#define SWITCHTAX_DEBUG_FILE_H

#include <stddef.h>

struct elf_file;

/*
 * Open the debug file of @file, which is known as @name in a root folder ("" for our own
 * root, else without a slash at its end). Looked for in that root, then in ours, by
 * build-id, then by .gnu_debuglink. @path gets its path. Returns 0 or -ENOENT; @debug is
 * to be closed after 0.
 */
int debug_file__open(struct elf_file *debug, char *path, size_t size,
		     const struct elf_file *file, const char *root, const char *name);

#endif
