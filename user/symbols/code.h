/* SPDX-License-Identifier: GPL-2.0-or-later */
/* code_symbols - the functions of an ELF file by address, for naming many samples of it. */
#ifndef SWITCHTAX_CODE_SYMBOLS_H
#define SWITCHTAX_CODE_SYMBOLS_H

#include "symbols/names.h"

struct elf_file;

/*
 * All functions of both tables of an open file, known as @path in a root (debug_file.h), and
 * of its debug file if it lacks the larger table. What a damaged table named before the
 * damage stays. Returns 0 or -ENOMEM.
 */
int code_symbols__read(const struct elf_file *file, const char *root, const char *path,
		       struct names *names);

/* The function that an address of the file lies in, or NULL. */
const char *code_symbols__at(const struct names *names, uint64_t vaddr);

#endif
