/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * finds - how the locks of each watched process were found: by which functions of which file.
 * Processes of one program share that.
 */
#ifndef SWITCHTAX_FINDS_H
#define SWITCHTAX_FINDS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "include/abi.h"
#include "lock/site.h"

struct find {
	uint32_t place;			/* of the process among the watched (tracer__attach_lock()) */
	const struct lock_sites *sites;
	char command[COMM_BYTES];	/* what the process was called then */
};

/* Starts as zeros. */
struct finds {
	struct find *list;
	size_t count;
	struct lock_sites **sites;	/* each once */
	size_t nsites;
};

/*
 * Of a place that is used again the last counts. Sites are copied, if they are new. Returns 0 or
 * -ENOMEM.
 */
int finds__add(struct finds *finds, uint32_t place, pid_t pid, const struct lock_sites *sites);

/* Have the same been found before, of another process? */
bool finds__know(const struct finds *finds, const struct lock_sites *sites);

/* NULL: nothing is known of that place. */
const struct lock_sites *finds__at(const struct finds *finds, uint32_t place);

/* "": nothing is known of that place. */
const char *finds__command(const struct finds *finds, uint32_t place);

void finds__free(struct finds *finds);

#endif
