/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unwinding - functions that may be left by other ways than their return: by an exception, or
 * because their thread is cancelled.
 *
 * The kernel probes a return by putting another return address onto the stack, and what unwinds
 * it ends the program there (std::terminate(), Go's "unexpected return pc"). So such functions
 * are probed at their return instructions, and where exceptions land.
 */
#ifndef SWITCHTAX_UNWINDING_H
#define SWITCHTAX_UNWINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "lock/hunt.h"

struct elf_file;

/*
 * Sites of named functions in their file, after hunt__fill(): adds where they return, if an
 * exception may pass through, or says in the sites why nobody can know. Returns 0; -EINVAL: they
 * are Go's, which cannot be followed; -EBADMSG or -ENOMEM. Else why is set.
 */
int unwinding__add(struct hunt *hunt, size_t i, const struct elf_file *file,
		   const struct hunt_pair *pair);

#endif
