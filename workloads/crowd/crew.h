/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A number of threads that do the same, and meet between its parts.
 *
 * The caller takes part in every meeting. Nobody begins before all threads exist: if one cannot
 * be started none has done anything, and no meeting waits for it.
 */
#ifndef SWITCHTAX_CREW_H
#define SWITCHTAX_CREW_H

#include <pthread.h>
#include <stdint.h>

#include "include/announce.h"

struct crew;

struct crew_member {
	struct announce_seat seat;	/* announced */
	struct crew *crew;
	uint32_t number;		/* from 0 */
	pthread_t thread;
};

enum crew_start { CREW_WAITS, CREW_GOES, CREW_GOES_HOME };

struct crew {
	struct crew_member *members;
	uint32_t count;
	void (*work)(struct crew_member *member);
	void *job;			/* the work's own */
	pthread_barrier_t barrier;
	pthread_mutex_t mutex;		/* of start */
	pthread_cond_t started;
	enum crew_start start;
};

/* Starts that many threads. 0 or -errno; then there is nothing to end. */
int crew_start(struct crew *crew, uint32_t count, void (*work)(struct crew_member *), void *job);

/* Waits until all members, and the caller of crew_start(), are here. */
void crew_meet(struct crew *crew);

/* Waits for the members to end. */
void crew_end(struct crew *crew);

#endif
