/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * returns - the instructions with which a function returns.
 *
 * A probe at each of them sees the same as one at the function's return, and leaves the stack
 * alone: the kernel's own way is to put another return address there, which nothing that
 * unwinds stacks gets past (exceptions, cancellation, Go's runtime).
 */
#ifndef SWITCHTAX_RETURNS_H
#define SWITCHTAX_RETURNS_H

#include <stddef.h>
#include <stdint.h>

#include "symbols/symbols.h"

#define RETURNS_MAX 32

struct elf_file;

struct returns {
	uint64_t list[RETURNS_MAX];	/* addresses, as the file says */
	size_t count;
};

/*
 * Those of a function, and of those that it ends in (tail calls); names has the file's .symtab, as
 * it does or its debug file. returns starts as zeros, or as what another function has.
 * Returns 0; -ENODATA: it goes on to where nobody can say, it cannot be decoded, or its size
 * is not known; -E2BIG; -EBADMSG or -ENOMEM.
 */
int returns__find(const struct elf_file *file, const struct elf_file *names,
		  const struct symbol *function, struct returns *returns);

#endif
