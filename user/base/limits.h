/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits - what `ulimit` allows us, and what it allows the program.
 *
 * A limit is set for the program that is to be measured, and we need more than that: files for
 * the kernel's objects, stack for paths, CPU time for the verifier's work. So ours are raised as
 * far as they can be, and the program gets those that we were started with.
 */
#ifndef SWITCHTAX_LIMITS_H
#define SWITCHTAX_LIMITS_H

#include <stddef.h>

/* Returns 0; or -ENOMEM if what is left of the stack is too little to work with, why says so. */
int limits__raise(char *why, size_t why_size);

/* For a child before exec: as we were started. */
void limits__restore(void);

#endif
