/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hunt - the search for two functions through the files of a process. */
#ifndef SWITCHTAX_HUNT_H
#define SWITCHTAX_HUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lock/site.h"
#include "symbols/modules.h"
#include "symbols/symbols.h"

struct elf_file;
struct lock_family;

struct hunt {
	struct modules modules;
	struct lock_sites *sites;
	const char *acquire;
	const char *release;
	const struct interpreter *interpreter;	/* whose functions these are, or NULL */
	const struct lock_family *family;	/* the same of named ones */
	char *why;
	size_t why_size;
	size_t nmapped;			/* files from here on are needed, but not mapped yet */
	int damaged;			/* the first damaged file, or -1 */
	int has_acquire;		/* the first file with one of them only, or -1 */
	int has_release;
};

/* What the two names stand for in a file: each function and its clones. */
struct hunt_pair {
	struct symbols acquire;
	struct symbols release;
};

/* What to do with a file that is ELF; -ENOENT goes on to the next file. */
typedef int hunt_step(struct hunt *hunt, size_t i, const struct elf_file *file);

/* Say why. Returns err. */
__attribute__((format(printf, 3, 4)))
int hunt__fail(struct hunt *hunt, int err, const char *format, ...);

/* A file as the process knows it; does the name behind its last slash begin so? */
const char *hunt__file(const struct hunt *hunt, size_t i);
bool hunt__file_begins(const struct hunt *hunt, size_t i, const char *prefix);
bool hunt__name_begins(const char *path, const char *prefix);

/* Look at the process. Returns 0, or -errno, why set; free nothing then. */
int hunt__start(struct hunt *hunt, pid_t pid);

/* Take the step with each file with code from @first on, until one ends the search. */
int hunt__try(struct hunt *hunt, size_t first, hunt_step *step);

/* Nothing was found: by a damaged file, or because there is nothing? Returns what it is. */
int hunt__finish(struct hunt *hunt, int err);

/*
 * Both functions by every name there is: .symtab, .dynsym, and the debug file if need be. A pair
 * starts as zeros; either half may stay empty. Returns 0, -EBADMSG or -ENOMEM.
 */
int hunt__look_up(struct hunt *hunt, size_t i, const struct elf_file *file,
		  struct hunt_pair *pair);

/*
 * Where one function is to be probed. Returns 0, -EBADMSG, or -ENOTSUP: the kernel puts no probe on
 * the instruction with which it begins.
 */
int hunt__make_site(const struct elf_file *file, const struct symbol *symbol,
		    struct lock_site *site);

/*
 * The others of its family, after hunt__fill(). Returns 0, -E2BIG, -EBADMSG, -ENOTSUP or -ENOMEM,
 * why set.
 */
int hunt__add_family(struct hunt *hunt, size_t i, const struct elf_file *file);

/* Sites of a pair in its file. Returns 0, -E2BIG, -EBADMSG or -ENOTSUP, why set. */
int hunt__fill(struct hunt *hunt, size_t i, const struct elf_file *file,
	       const struct hunt_pair *pair);

/* Which file it is, in this process. Returns 0 or -ENOENT, why set. */
int hunt__place(struct hunt *hunt, size_t i);

#endif
