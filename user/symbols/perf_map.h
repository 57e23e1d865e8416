/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf_map - names for code that a program made at run time, as it wrote them down itself.
 *
 * /tmp/perf-PID.map holds lines "START SIZE NAME", numbers in hex without 0x (the kernel's
 * tools/perf/Documentation/jit-interface.txt). CPython writes it from 3.12 on, if it is asked
 * to (-X perf, PYTHONPERFSUPPORT=1). The folder is everybody's and the text is the program's:
 * nothing in it is believed but what the lines say.
 */
#ifndef SWITCHTAX_PERF_MAP_H
#define SWITCHTAX_PERF_MAP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "symbols/names.h"

#define PERF_MAP_MOST_BYTES (64UL << 20)
#define PERF_MAP_MOST_NAMES (1UL << 20)

/* Whose file is to be read, and how it is to look. */
struct perf_map_owner {
	int root;		/* O_PATH of the process's root */
	pid_t pid;		/* in the process's own PID namespace */
	uid_t uid;		/* the file must be this user's ... */
	time_t since;		/* ... and not older than the process */
};

/*
 * Takes over the text, of size bytes without its zero at the end, whatever happens. Lines
 * that are none are left out; of several for one start the last counts. Returns 0 or -ENOMEM.
 */
int perf_map__parse(char *text, size_t size, struct names *map);

/*
 * Read the process's map. No link is followed on the way to it. Returns 0 or -errno: -ENOENT
 * (there is none), -ELOOP (a link), -EPERM (somebody else's file, an older one, or one with
 * several names), -EINVAL (no regular file), -EFBIG. Free it only after 0.
 */
int perf_map__read(const struct perf_map_owner *owner, struct names *map);

/* Remove the file, if it is one that perf_map__read() would read. */
void perf_map__remove(const struct perf_map_owner *owner);

/* The name of the code at an address, or NULL. */
const char *perf_map__at(const struct names *map, uint64_t address);

#endif
