/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conventions - how functions that a user names say which lock they are about, and whether they
 * have got it.
 */
#ifndef SWITCHTAX_CONVENTIONS_H
#define SWITCHTAX_CONVENTIONS_H

#include <stddef.h>

#include "lock/hunt.h"

struct elf_file;

/*
 * Fill in the sites, after hunt__fill(), what is known of both functions, from debug information or
 * from C++ names. Returns 0, or -EINVAL, why set: a function that may fail does not say
 * in a way that is known whether it has.
 */
int conventions__apply(struct hunt *hunt, size_t i, const struct elf_file *file,
		       const struct hunt_pair *pair);

#endif
