/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpython - what the file of a CPython says of itself, read without the process. */
#ifndef SWITCHTAX_CPYTHON_H
#define SWITCHTAX_CPYTHON_H

#include <stdbool.h>
#include <stdint.h>

struct elf_file;

struct cpython {
	char version[32];	/* as far as known: "3.12.1", "3.9", "3"; or "2" */
	unsigned int minor;	/* of 3.x; 0: unknown */
	bool free_threaded;	/* a build without the global lock */
	bool has_gil_offset;
	uint32_t gil_offset;	/* of ceval.gil in PyInterpreterState */
};

/* Does it export what every CPython does, stripped or not? */
bool cpython__is_exported(const struct elf_file *file);

/* @path as the process knows it: its name tells the version where the file does not. */
void cpython__describe(const struct elf_file *file, const char *path, struct cpython *python);

#endif
