/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interpreters - the runtimes whose global lock is known: a row each, and a file.
 *
 * The row has what all versions have in common. The file says which version a program is of,
 * whether that has the lock, and how the locks of one process are told apart.
 */
#ifndef SWITCHTAX_INTERPRETERS_H
#define SWITCHTAX_INTERPRETERS_H

#include <stdbool.h>

#include "lock/site.h"

#define INTERPRETER_NAMES 5	/* room for names in a list, one NULL at its end */

struct elf_file;

/* What a file says of itself. */
struct interpreter_facts {
	char version[LOCK_VERSION_SIZE];
	char unfit[256];	/* why it has no such lock; "" if it has */
	char debug_package[48];	/* what Debian calls the package of its debug symbols */
	struct lock_key key;
	struct lock_words words;
};

/*
 * @path as the process knows it: its name tells the version where the file does not. Facts
 * start as zeros. Only what the file itself says is read, not the process.
 */
typedef void interpreter_describe(const struct elf_file *file, const char *path,
				  struct interpreter_facts *facts);

struct interpreter {
	const char *name;	/* in runs.csv, with its version: "cpython-3.11" */
	const char *title;	/* for people: "CPython" */
	const char *library;	/* its executables need one that begins so, if they are not it */
	/* What a file of it exports, stripped or not; one of them is enough. */
	const char *exported[INTERPRETER_NAMES];
	const char *acquire;	/* takes the lock; a file with this in .symtab is of it, too */
	/* Lets go of it: a later one stands in where the file has none before it. */
	const char *release[INTERPRETER_NAMES];
	/* All that calls release beside the interpreter's loop, or has a copy of it instead. */
	const char *callers[INTERPRETER_NAMES];
	bool asks;		/* a waiter that has waited asks the holder to let go */
	const char *no_guess;	/* why nothing stands in for functions without a name */
	interpreter_describe *describe;
};

/* Ended by one without a name. */
extern const struct interpreter interpreters[];

/* Whose is the file? NULL: of none of them. */
const struct interpreter *interpreters__of(const struct elf_file *file);

/* By its name; NULL: none is called so. */
const struct interpreter *interpreters__named(const char *name);

#endif
