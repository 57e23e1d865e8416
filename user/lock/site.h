/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock_site - a place where a program takes a lock or lets go of it, and which lock is meant. */
#ifndef SWITCHTAX_LOCK_SITE_H
#define SWITCHTAX_LOCK_SITE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOCK_SITES_MAX 16		/* of one kind */
#define LOCK_RETURNS_MAX 32
#define LOCK_SITES_WHY_SIZE (PATH_MAX + 512)
#define LOCK_VERSION_SIZE 32

struct interpreter;

struct lock_site {
	uint64_t offset;		/* in the file, of the instruction to probe, ... */
	uint64_t address;		/* ... and where the file says that it is */
	bool stepped;			/* that instruction must be single-stepped */
	bool may_fail;			/* it has the lock only if it returns 0, ... */
	bool true_is_success;		/* ... or rather true */
	char function[96];		/* symbol, clone suffix included */
};

/* Which lock of a program is wanted. Strings are borrowed. */
struct lock_wish {
	bool none;			/* no lock is to be looked for */
	const char *acquire;		/* the user's functions; NULL: an interpreter's */
	const char *release;
};

/*
 * How a lock is told among several of a process: of an interpreter by *(*(argument + outer) +
 * inner), of acquire's first argument; or by that argument of both functions.
 */
struct lock_key {
	bool known;			/* else nobody knows; or: */
	bool only;			/* there is but one lock */
	bool argument;			/* ... in the second way */
	uint32_t outer;
	uint32_t inner;
};

/* Where the futexes of a lock are: what tells losing a race for it from sleeping with it. */
struct lock_words {
	uint64_t size;			/* in bytes; 0: not known */
	uint64_t address;		/* from here on, as the file says; 0: from the key on */
};

struct lock_sites {
	char path[PATH_MAX];		/* of the file, as we can open it */
	char module[PATH_MAX];		/* of the file, as the process knows it */
	char symbols[PATH_MAX];		/* file that names the functions: path or a debug file */
	const struct interpreter *interpreter;	/* whose lock it is; NULL: the user's functions */
	char version[LOCK_VERSION_SIZE];	/* of the interpreter, as far as known: "3.11" */
	struct lock_site acquire[LOCK_SITES_MAX];
	struct lock_site release[LOCK_SITES_MAX];
	/* let go of the lock in their second argument, and come back with it: condition variables' */
	struct lock_site wait[LOCK_SITES_MAX];
	/* where acquire's functions return, if a probe must not touch their return address */
	struct lock_site returns[LOCK_RETURNS_MAX];
	struct lock_site landing;	/* where exceptions are caught, in a file of its own */
	char landing_path[PATH_MAX];
	size_t nacquire;
	size_t nrelease;
	size_t nwait;
	size_t nreturns;		/* 0: their return is probed by its address */
	bool has_landing;
	bool breaks_unwinding;		/* ... though an exception may pass there */
	struct lock_key key;
	struct lock_words words;
	bool recursive;			/* a thread may take again what it has */
};

#endif
