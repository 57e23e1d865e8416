/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modules - which files a process has mapped, and where.
 *
 * A snapshot: it keeps the files open (O_PATH), so that addresses can be named when the
 * process has ended, its root is gone or the files have been replaced.
 */
#ifndef SWITCHTAX_MODULES_H
#define SWITCHTAX_MODULES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MODULES_PATH_SIZE (PATH_MAX + 64)

struct module {
	char *name;		/* path in the process's own root */
	uint64_t device;
	uint64_t inode;
	int fd;			/* O_PATH; -1: could not be opened */
	bool code;		/* has an executable mapping, or is a library to be mapped */
};

struct mapping {
	uint64_t start;
	uint64_t end;
	uint64_t offset;
	char *label;		/* "[heap]", "" if anonymous; of a file, its path */
	int module;		/* -1: no file */
	bool code;		/* may be executed */
};

struct modules {
	pid_t pid;
	pid_t living;			/* a thread of it that has not ended */
	int root;			/* O_PATH of the process's root */
	char *root_path;		/* how we would reach it, but for mount namespaces */
	struct module *files;		/* the first is the executable */
	size_t nfiles;
	struct mapping *mappings;	/* by address */
	size_t nmappings;
};

/*
 * Returns 0 or -errno: -ESRCH if there is no such process, -ENOENT if it runs no program
 * (a kernel thread, a zombie), -EACCES or -EPERM if we may not look. Free it only after 0.
 */
int modules__read(pid_t pid, struct modules *modules);
void modules__free(struct modules *modules);

/*
 * Add a file of the process's root. Returns its index in files, which is an old one if
 * the file is there already, or -errno.
 */
int modules__add(struct modules *modules, const char *path);

/* Take back what modules__add() appended. */
void modules__drop_last(struct modules *modules);

/* A path that opens the file, valid as long as the snapshot, for us alone. */
void modules__path(const struct modules *modules, size_t file, char *path, size_t size);

/* A path that opens it as long as the process lives, plain if it can be. */
int modules__lasting_path(const struct modules *modules, size_t file, char *path, size_t size);

/* What stands in front of a path of the process's root: "" or "/proc/PID/root". */
void modules__lasting_root(const struct modules *modules, char *root, size_t size);

/* What is mapped at an address, or NULL. */
const struct mapping *modules__mapping_at(const struct modules *modules, uint64_t address);

#endif
