/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * misses - locks of a run that are in no ledger, though others are: those that cannot be watched, and
 * those of processes that ended before anybody had come.
 */
#ifndef SWITCHTAX_MISSES_H
#define SWITCHTAX_MISSES_H

#include <stddef.h>
#include <stdint.h>

#include "lock/site.h"
#include "tracer/tracer.h"

/* Starts as zeros. */
struct misses {
	char why[LOCK_SITES_WHY_SIZE];	/* of the first that cannot be watched; "": there is none */
	size_t ended;			/* processes of files with a lock */
	size_t late;			/* processes that may have been at it before it was watched */
	uint64_t *unsure;		/* files of those that ended, of which nothing was known yet */
	size_t nunsure;
};

/* A search or the watching has failed: err and the reason. That there is no lock is no miss. */
void misses__failed(struct misses *misses, int err, const char *why);

/* A process has ended before its lock could be watched. file: as the news name it. */
void misses__ended(struct misses *misses, uint64_t file, enum file_verdict verdict);

/* A process's lock is watched, but not for certain from its first call on. */
void misses__late(struct misses *misses);

/* It has a lock; so had those of it that have ended. */
void misses__has_lock(struct misses *misses, uint64_t file);

/* "the locks of 2 processes that ...", "the first calls, ..." and the reason; or "". */
void misses__say(const struct misses *misses, char *text, size_t size);

void misses__free(struct misses *misses);

#endif
