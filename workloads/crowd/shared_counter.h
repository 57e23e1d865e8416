/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that add to one counter in memory they share, under a guard or under none.
 *
 * The processes go on, round by round, until they have really run at the same time: one of
 * them has seen its neighbour's own count move SHARED_COUNTER_OVERLAPS times between two looks
 * a few updates apart. Turns on one CPU, a time slice each, do not count.
 */
#ifndef SWITCHTAX_SHARED_COUNTER_H
#define SWITCHTAX_SHARED_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "crowd/family.h"

#define SHARED_COUNTER_OVERLAPS 200

struct board;

struct guard {
	const char *name;
	bool private;		/* the counter lies in memory that is not shared at all */
	bool kills;		/* one process is killed in the middle of an update */
	void (*enter)(struct board *board);
	void (*leave)(struct board *board);
	/* In an update, when the counter has been changed: for guards that must repair. */
	void (*note)(struct board *board, uint32_t worker, uint64_t next);
};

/* The guard of that name (none, private, mutex, semaphore, robust), or NULL. */
const struct guard *guard_find(const char *name);

struct shared_counter_config {
	const struct guard *guard;
	uint32_t workers;	/* 2 to FAMILY_MAX */
	uint64_t updates;	/* of one process in one round */
	uint64_t limit_ns;	/* no new round after that, overlapped or not */
};

struct shared_counter_result {
	uint64_t updates;	/* made by all, by their own counts */
	uint64_t counted;	/* what the counter says in the end */
	uint64_t overlaps;	/* seen by the process that saw most */
	uint64_t owners_died;	/* times that EOWNERDEAD was seen and repaired */
	uint64_t killed;	/* processes */
};

/* Returns 0 or -errno. */
int shared_counter_run(const struct shared_counter_config *config,
		       struct shared_counter_result *result);

#endif
