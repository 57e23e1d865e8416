/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inlined - places where the compiler has put a copy of a function that lets go of a lock.
 *
 * Debian's python3.11 is such a build: most releases never call drop_gil(), they go through
 * the copy of it in PyEval_SaveThread(), or through copies of that. Each copy is a place
 * where the lock is let go of. Debug information (DWARF) knows them all. Without it, what
 * the machine code shows is taken: a caller of the function that does not call it has a copy.
 */
#ifndef SWITCHTAX_INLINED_H
#define SWITCHTAX_INLINED_H

#include <stdint.h>

#include "symbols/symbols.h"

struct elf_file;
struct interpreter;

/*
 * Add the copies to the interpreter's release functions, which have been found in the file.
 * Code is read from file; names, from .symtab, and debug information from names, which may be
 * its debug file. Machine code is understood of x86-64 and arm64. Returns 0, -EBADMSG or -ENOMEM.
 */
int inlined__add(const struct interpreter *interpreter, const struct elf_file *file,
		 const struct elf_file *names, struct symbols *release);

#endif
