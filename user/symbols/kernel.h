/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_symbols - the kernel's functions by address, as /proc/kallsyms lists them. */
#ifndef SWITCHTAX_KERNEL_SYMBOLS_H
#define SWITCHTAX_KERNEL_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct kernel_symbol {
	uint64_t address;
	const char *name;	/* in the text */
};

struct kernel_symbols {
	char *text;
	struct kernel_symbol *list;	/* by address, each address once */
	size_t count;
};

/*
 * Takes the text over, whatever happens. Lines that are none, data, and what the kernel hides
 * (address 0, kernel.kptr_restrict) are left out. Returns 0 or -ENOMEM.
 */
int kernel_symbols__parse(char *text, struct kernel_symbols *symbols);

/* Of the running kernel. Returns 0 or -errno; empty if the kernel shows us nothing. */
int kernel_symbols__read(struct kernel_symbols *symbols);
void kernel_symbols__free(struct kernel_symbols *symbols);

/* The function that an address lies in, or NULL. */
const char *kernel_symbols__at(const struct kernel_symbols *symbols, uint64_t address);

#endif
