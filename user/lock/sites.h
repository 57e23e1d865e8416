/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lock_sites - where a process takes its global lock and lets go of it.
 *
 * An interpreter's functions are known (interpreters.h): in the executable or in the library it
 * needs, and in every clone that the compiler has made of them. For any other program the user
 * names two functions. Sites are file offsets, as uprobes want them.
 */
#ifndef SWITCHTAX_LOCK_SITES_H
#define SWITCHTAX_LOCK_SITES_H

#include <sys/types.h>

#include "lock/site.h"

/*
 * The global lock of the interpreter that a process runs. The process is alive, and either
 * runs or has been stopped right after its exec, when its libraries are not mapped yet.
 * Files are opened in the process's own root. Returns
 *   0           found;
 *   -ENOENT     it is no interpreter that we know;
 *   -ENODATA    it is, but nothing names the functions: why says what to install;
 *   -ENOTSUP    a build without the lock (free-threaded), a 32-bit one, or functions that the
 *               kernel puts no probe on: why says so;
 *   -EBADMSG    a file that should be ELF is damaged: why names it;
 *   other       -errno, why says of what.
 */
int lock_sites__find_interpreter(pid_t pid, struct lock_sites *sites, char *why, size_t why_size);

/*
 * May the program that a process executes have a lock: of an interpreter that it is, or needs as a
 * library; or that of both functions, if it has them itself? Returns 1 or 0, or -errno if that cannot
 * be told. Only its symbols are looked at.
 */
int lock_sites__in_program(pid_t pid, const struct lock_wish *wish);

/*
 * The functions that the user has named, in the executable or in a library that it maps
 * or needs. Returns 0, or as above; -ENOENT: no such function in any of the files;
 * -E2BIG: a name matches more than LOCK_SITES_MAX functions (why says how many).
 */
int lock_sites__find_named(pid_t pid, const char *acquire, const char *release,
			   struct lock_sites *sites, char *why, size_t why_size);

#endif
