/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * results - the folder of one experiment, and how a file gets into it.
 *
 * The loader is root and the folder may lie where others can write. So the folder is
 * opened once, every file is made relative to that descriptor and never through a link,
 * and a file appears under its own name only when it is complete: until then it is
 * NAME.partial.
 */
#ifndef SWITCHTAX_RESULTS_H
#define SWITCHTAX_RESULTS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct results {
	int dirfd;		/* the folder, for openat() and csv__open() */
	int parent;		/* where it lies: chdir() in between does no harm */
	bool created;		/* by us, so it is ours to remove */
	char path[PATH_MAX];	/* as to be shown to people */
};

/*
 * Make or take the folder. @path NULL: results/<experiment>-<YYYYmmddTHHMMSSZ>, with -2, -3
 * … behind it if that exists. Otherwise @path, whose parent has to exist; an empty folder
 * is taken as it is. A new folder has mode 0755 (less the umask) and belongs to who called
 * sudo.
 *
 * Returns 0 or -errno: -ENOTEMPTY (exists and holds something), -ELOOP (is a symbolic
 * link), -ENOTDIR (is no folder), -EINVAL (empty path, or a '/' in @experiment), and what
 * mkdir() and open() say. @why[@why_size] then holds one line for people, without a newline,
 * that names the path and what to do.
 */
int results__create(struct results *results, const char *path, const char *experiment,
		    char *why, size_t why_size);

/*
 * Write a whole file, made tame: as NAME.partial, then under its name. Returns 0 or -errno, -EEXIST if
 * there is one already; on an error nothing of it remains.
 */
int results__write_text(struct results *results, const char *name, const char *text,
			size_t len);

/*
 * One line for people about -errno @err of a file called @name in the folder: what, where,
 * and what to do about a full disk or the like.
 */
void results__explain(const struct results *results, const char *name, int err, char *why,
		      size_t why_size);

/*
 * Remove the folder if this run created it and nothing is in it, for an early error.
 * Returns true if it is gone. results__close() is still due.
 */
bool results__discard_if_empty(struct results *results);

/* Close the folder. Accepts NULL, and may be called twice. */
void results__close(struct results *results);

#endif
