/* SPDX-License-Identifier: GPL-2.0-or-later */
/* code_symbols - the functions of an ELF file by address, for naming many samples of it. */
#ifndef SWITCHTAX_CODE_SYMBOLS_H
#define SWITCHTAX_CODE_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct elf_file;

struct code_symbol {
	uint64_t address;	/* as the file's own count (st_value) */
	uint64_t size;		/* 0: not known */
	size_t name;		/* where it begins in names */
};

struct code_symbols {
	struct code_symbol *list;	/* by address, each address once */
	size_t count;
	char *names;
};

/*
 * All functions of both tables of an open file, known as @path in a root (debug_file.h), and
 * of its debug file if it lacks the larger table. What a damaged table named before the
 * damage stays. Returns 0 or -ENOMEM.
 */
int code_symbols__read(const struct elf_file *file, const char *root, const char *path,
		       struct code_symbols *symbols);
void code_symbols__free(struct code_symbols *symbols);

/* The function that an address of the file lies in, or NULL. */
const char *code_symbols__at(const struct code_symbols *symbols, uint64_t vaddr);

#endif
