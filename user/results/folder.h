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
 * Write a whole file: as NAME.partial, then under its name. Returns 0 or -errno, -EEXIST if
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

/*
 * The two halves of "appears only when complete", for writers that keep a file open.
 * @name is a plain file name, without '/'.
 *
 * results__start_file(): a new NAME.partial in @dirfd, mode 0644 (less the umask), open for
 * writing, given to who called sudo. Returns the descriptor or -errno: -EEXIST if
 * NAME.partial exists, be it as a link; -EINVAL or -ENAMETOOLONG for the name.
 *
 * results__finish_file(): fsync, then rename NAME.partial to NAME, never over another file.
 * Leaves @fd open. Returns 0 or -errno (-EEXIST if NAME exists).
 *
 * results__replace_file(): the same, but in place of a file or link that has the name.
 *
 * results__drop_file(): remove NAME.partial. Returns 0 or -errno.
 */
int results__start_file(int dirfd, const char *name);
int results__finish_file(int dirfd, int fd, const char *name);
int results__replace_file(int dirfd, int fd, const char *name);
int results__drop_file(int dirfd, const char *name);

#endif
