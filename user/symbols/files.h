/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * symbol_files - ELF files that samples may lie in, kept by build-id and by inode.
 *
 * A file is held open from the moment it is known, so that it is the one that ran whatever
 * becomes of its name; its symbols are read when the first sample asks for them.
 */
#ifndef SWITCHTAX_SYMBOL_FILES_H
#define SWITCHTAX_SYMBOL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/modules.h"

struct symbol_file;

struct symbol_files {
	struct symbol_file **list;
	size_t count;
};

/* Know the files with code of a snapshot. What cannot be opened is left out. */
void symbol_files__learn(struct symbol_files *files, const struct modules *modules);

/* By build-id (20 bytes, shorter ones followed by zeros), or as in a snapshot; or NULL. */
struct symbol_file *symbol_files__by_id(const struct symbol_files *files,
					const unsigned char id[20]);
struct symbol_file *symbol_files__of_module(const struct symbol_files *files,
					    const struct module *module);

/*
 * The function at an offset of the file, or else "[file+0x1234]" (its own addresses). False:
 * the file has no code there.
 */
bool symbol_files__name(struct symbol_file *file, uint64_t offset, char *name, size_t size);

void symbol_files__free(struct symbol_files *files);

#endif
