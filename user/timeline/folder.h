/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timeline_folder - which timelines a results folder has. */
#ifndef SWITCHTAX_TIMELINE_FOLDER_H
#define SWITCHTAX_TIMELINE_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "timeline/format.h"

struct timeline_folder {
	char **run_ids;		/* in the order of their names, which is that of the runs */
	uint64_t *bytes;	/* size of each file */
	size_t count;
};

/* Returns 0 or -errno; then there is nothing to free. */
int timeline_folder__list(struct timeline_folder *folder, int dirfd);
void timeline_folder__free(struct timeline_folder *folder);

bool timeline_folder__has(const struct timeline_folder *folder, const char *run_id);

/* All of them for a message, with commas; what does not fit is left out and counted. */
void timeline_folder__names(const struct timeline_folder *folder, char *text, size_t size);

#endif
