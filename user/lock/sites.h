/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lock_sites - where a process takes its global lock and lets go of it.
 *
 * For CPython these are take_gil() and drop_gil() (Python/ceval_gil.c; ceval_gil.h before
 * 3.12): static functions, in the executable or in the libpython it needs, and in every
 * clone that the compiler has made of them. For any other program the user names two
 * functions. Sites are file offsets, as uprobes want them.
 */
#ifndef SWITCHTAX_LOCK_SITES_H
#define SWITCHTAX_LOCK_SITES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LOCK_SITES_MAX 16		/* of one kind */
#define LOCK_SITES_WHY_SIZE (PATH_MAX + 512)

struct lock_site {
	uint64_t offset;		/* in the file, of the instruction to probe */
	bool stepped;			/* that instruction must be single-stepped */
	char function[96];		/* symbol, clone suffix included */
};

/* Which lock of a program is wanted. Strings are borrowed. */
struct lock_wish {
	bool none;			/* no lock is to be looked for */
	const char *acquire;		/* functions that the user has named; NULL: CPython's */
	const char *release;
};

/* How a lock among several is recognised by the acquire function's first argument. */
enum lock_key {
	LOCK_KEY_NONE,			/* there is one lock */
	LOCK_KEY_GIL,			/* a PyThreadState: *(*(arg + 16) + gil_offset) */
};

struct lock_sites {
	char path[PATH_MAX];		/* of the file, as we can open it */
	char module[PATH_MAX];		/* of the file, as the process knows it */
	char symbols[PATH_MAX];		/* file that names the functions: path or a debug file */
	char python[32];		/* version as far as known ("3.11"), "" if no Python */
	struct lock_site acquire[LOCK_SITES_MAX];
	struct lock_site release[LOCK_SITES_MAX];
	size_t nacquire;
	size_t nrelease;
	enum lock_key key;
	uint32_t gil_offset;		/* of ceval.gil in PyInterpreterState */
};

/*
 * The global lock of the CPython that a process runs. The process is alive, and either
 * runs or has been stopped right after its exec, when its libraries are not mapped yet.
 * Files are opened in the process's own root. Returns
 *   0           found;
 *   -ENOENT     it is no CPython;
 *   -ENODATA    it is, but nothing names the functions: why says what to install;
 *   -ENOTSUP    a build without the lock (free-threaded), or a 32-bit one: why says so;
 *   -EBADMSG    a file that should be ELF is damaged: why names it;
 *   other       -errno, why says of what.
 */
int lock_sites__find_cpython(pid_t pid, struct lock_sites *sites, char *why, size_t why_size);

/*
 * The functions that the user has named, in the executable or in a library that it maps
 * or needs. Returns 0, or as above; -ENOENT: no such function in any of the files;
 * -E2BIG: a name matches more than LOCK_SITES_MAX functions (why says how many).
 */
int lock_sites__find_named(pid_t pid, const char *acquire, const char *release,
			   struct lock_sites *sites, char *why, size_t why_size);

#endif
