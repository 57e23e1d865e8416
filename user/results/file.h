/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * results_file - the two halves of "appears only when complete", for writers that keep a file open.
 *
 * Names are plain file names, without '/'; all is done relative to the folder's descriptor, and
 * never through a link.
 */
#ifndef SWITCHTAX_RESULTS_FILE_H
#define SWITCHTAX_RESULTS_FILE_H

/*
 * A new NAME.partial in @dirfd, mode 0644 (less the umask), open for writing, given to who called
 * sudo. Returns the descriptor or -errno: -EEXIST if NAME.partial exists, be it as a link; -EINVAL
 * or -ENAMETOOLONG for the name.
 */
int results_file__start(int dirfd, const char *name);

/*
 * fsync, then rename NAME.partial to NAME, never over another file. Leaves @fd open. Returns 0 or
 * -errno (-EEXIST if NAME exists).
 */
int results_file__finish(int dirfd, int fd, const char *name);

/* The same, but in place of a file or link that has the name. */
int results_file__replace(int dirfd, int fd, const char *name);

/* Remove NAME.partial. Returns 0 or -errno. */
int results_file__drop(int dirfd, const char *name);

#endif
