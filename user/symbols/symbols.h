/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbols - what an ELF file defines: functions by name, data by address. */
#ifndef SWITCHTAX_SYMBOLS_H
#define SWITCHTAX_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file;

struct symbol {
	uint64_t address;
	uint64_t size;		/* 0: not known */
	char name[96];		/* cut to fit */
};

struct symbols {
	struct symbol *list;	/* by address, each address once */
	size_t count;
};

/*
 * Does the file define a function of that name, in .symtab or .dynsym? A file that
 * is no ELF file (a script) or is damaged defines none.
 */
bool symbols__defines(const char *path, const char *function);

/* The same for an open file and one kind of table, SHT_SYMTAB or SHT_DYNSYM. */
bool symbols__table_defines(const struct elf_file *file, uint32_t table, const char *function);

/*
 * Add the functions of one kind of table that are called @name or are clones of it, as
 * "f.constprop.0" is of "f". @found starts as zeros. Returns 0, -EBADMSG or -ENOMEM.
 */
int symbols__add_functions(const struct elf_file *file, uint32_t table, const char *name,
			   struct symbols *found);
/* Add one that the caller knows. Returns 0 or -ENOMEM. */
int symbols__add(struct symbols *found, const struct symbol *symbol);
void symbols__free(struct symbols *found);

/* The address of a data symbol in either table. */
bool symbols__find_data(const struct elf_file *file, const char *name, uint64_t *address);

/*
 * The data symbol that covers an address of an open file (st_value's kind): "name" or
 * "name+0x10". Looks in both tables, then in its debug file: the file is known as @path in a
 * root (debug_file.h). Returns 0 or -ENOENT.
 */
int symbols__cover(const struct elf_file *file, const char *root, const char *path,
		   uint64_t file_vaddr, char *name, size_t size);

#endif
