/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elf_file - one ELF file, opened through libelf after a look at what libelf trusts.
 *
 * Files come from other people's processes and may be damaged or made to harm: every
 * section is checked against the file's size before libelf reads it, and it is read, never
 * mapped, so that a file cut short while we look cannot kill us by SIGBUS.
 */
#ifndef SWITCHTAX_ELF_FILE_H
#define SWITCHTAX_ELF_FILE_H

#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file {
	Elf *elf;
	GElf_Ehdr header;
	uint64_t size;			/* of the file */
	int fd;
};

struct elf_build_id {
	unsigned char bytes[64];	/* 20 for SHA-1, the linkers' default */
	size_t size;
};

/* Nonzero ends the walk and is what the walk returns. */
typedef int elf_symbol_visit(const GElf_Sym *symbol, const char *name, void *arg);

/*
 * 32-bit files open too. Returns 0, -ENOEXEC (no ELF file), -EBADMSG (damaged) or -errno;
 * the file is to be closed only after 0.
 */
int elf_file__open(struct elf_file *file, const char *path);
void elf_file__close(struct elf_file *file);

bool elf_file__is_32bit(const struct elf_file *file);

/* Every symbol of one kind of table, SHT_SYMTAB or SHT_DYNSYM. 0, -EBADMSG or visit's. */
int elf_file__each_symbol(const struct elf_file *file, uint32_t table,
			  elf_symbol_visit *visit, void *arg);

/* The nth (from 0) string of the dynamic section under that tag; NULL if there is none. */
const char *elf_file__dynamic(const struct elf_file *file, int64_t tag, size_t nth);

/* The nth (from 0) segment to load. */
bool elf_file__segment(const struct elf_file *file, size_t nth, GElf_Phdr *segment);

/* Where the file keeps what is loaded at that address. False if it does not (.bss). */
bool elf_file__offset(const struct elf_file *file, uint64_t vaddr, GElf_Phdr *segment,
		      uint64_t *offset);

/* The bytes that are loaded at that address: all of them, or false. */
bool elf_file__read(const struct elf_file *file, uint64_t vaddr, void *to, size_t size);

/* False if it has none. */
bool elf_file__build_id(const struct elf_file *file, struct elf_build_id *id);

/* Name and CRC-32 of the file that has the debug symbols; false if it names none. */
bool elf_file__debuglink(const struct elf_file *file, char *name, size_t size, uint32_t *crc);

#endif
