/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbols - which functions an ELF file defines, through libelf. */
#ifndef SWITCHTAX_SYMBOLS_H
#define SWITCHTAX_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does the file define a function of that name, in .symtab or .dynsym? A file that
 * is no ELF file (a script) or is damaged defines none.
 */
bool symbols__defines(const char *path, const char *function);

/*
 * The file that execvp(3) would run for name: searches PATH unless name has a slash.
 * Returns 0, -ENOENT, -EACCES (found, but not executable) or -ENAMETOOLONG.
 */
int symbols__find_program(const char *name, char *path, size_t size);

#endif
