/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_symbols - the kernel's functions by address, as /proc/kallsyms lists them. */
#ifndef SWITCHTAX_KERNEL_SYMBOLS_H
#define SWITCHTAX_KERNEL_SYMBOLS_H

#include "symbols/names.h"

/*
 * Takes the text over, whatever happens. Lines that are none, data, and what the kernel hides
 * (address 0, kernel.kptr_restrict) are left out. Returns 0 or -ENOMEM.
 */
int kernel_symbols__parse(char *text, struct names *names);

/* Of the running kernel. Returns 0 or -errno; empty if the kernel shows us nothing. */
int kernel_symbols__read(struct names *names);

/* The function that an address lies in, or NULL. */
const char *kernel_symbols__at(const struct names *names, uint64_t address);

#endif
