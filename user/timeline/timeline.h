/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline - a RUN_ID.timeline read back.
 */
#ifndef SWITCHTAX_TIMELINE_H
#define SWITCHTAX_TIMELINE_H

#include "timeline/events.h"

/*
 * Read a file of the folder, or the same from memory. Returns 0, -EBADMSG (foreign, damaged,
 * truncated), -ENOTSUP (of a newer version), -EFBIG, -ENOMEM, -EINVAL (no regular file), or
 * what open() and read() say; why then holds one line for people. After an error there is
 * nothing to free.
 */
int timeline__read(int dirfd, const char *name, struct timeline *timeline, char *why,
		   size_t why_size);
int timeline__parse(const void *data, size_t len, const char *name, struct timeline *timeline,
		    char *why, size_t why_size);
void timeline__free(struct timeline *timeline);

#endif
