/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workers that do nothing but block: asleep (clock_nanosleep(2)) or in accept(2) on a loopback
 * socket, until a client connects as much later. As threads they have one global lock, which
 * they let go while they block, or hold on to; as processes they share none.
 */
#ifndef SWITCHTAX_BLOCKERS_H
#define SWITCHTAX_BLOCKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "crowd/family.h"
#include "locks/lock.h"

enum blockers_what { BLOCKERS_SLEEP, BLOCKERS_ACCEPT };

struct blockers_config {
	enum blockers_what what;
	bool processes;
	bool held;		/* threads: the lock is kept while blocked */
	uint32_t workers;	/* up to FAMILY_MAX */
	uint64_t ms;		/* each one blocks as long */
	struct lock *lock;	/* threads only */
};

/*
 * Block once in each worker, and wait for all of them. *done: the workers that were woken by
 * what they had waited for. Returns 0 or -errno.
 */
int blockers_run(const struct blockers_config *config, uint64_t *done);

#endif
