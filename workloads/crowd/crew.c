// SPDX-License-Identifier: GPL-2.0-or-later
// Threads that start together or not at all.
#include "crowd/crew.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static enum crew_start wait_for_start(struct crew *crew)
{
	enum crew_start start;

	pthread_mutex_lock(&crew->mutex);
	while (crew->start == CREW_WAITS)
		pthread_cond_wait(&crew->started, &crew->mutex);
	start = crew->start;
	pthread_mutex_unlock(&crew->mutex);
	return start;
}

static void *member_main(void *arg)
{
	struct crew_member *member = arg;

	if (wait_for_start(member->crew) == CREW_GOES) {
		announce(ANNOUNCE_SEAT, &member->seat);
		member->crew->work(member);
	}
	return NULL;
}

static void start_them(struct crew *crew, enum crew_start start)
{
	pthread_mutex_lock(&crew->mutex);
	crew->start = start;
	pthread_cond_broadcast(&crew->started);
	pthread_mutex_unlock(&crew->mutex);
}

static int create_threads(struct crew *crew, uint32_t wanted)
{
	for (crew->count = 0; crew->count < wanted; crew->count++) {
		struct crew_member *member = &crew->members[crew->count];
		int err;

		member->crew = crew;
		member->number = crew->count;
		err = -pthread_create(&member->thread, NULL, member_main, member);
		if (err)
			return err;
	}
	return 0;
}

int crew_start(struct crew *crew, uint32_t count, void (*work)(struct crew_member *), void *job)
{
	size_t bytes = count * sizeof(*crew->members);
	int err;

	*crew = (struct crew){ .work = work, .job = job };
	crew->members = aligned_alloc(_Alignof(struct crew_member), bytes);
	if (!crew->members)
		return -ENOMEM;
	memset(crew->members, 0, bytes);
	pthread_mutex_init(&crew->mutex, NULL);
	pthread_cond_init(&crew->started, NULL);
	pthread_barrier_init(&crew->barrier, NULL, count + 1);
	err = create_threads(crew, count);
	start_them(crew, err ? CREW_GOES_HOME : CREW_GOES);
	if (err)
		crew_end(crew);
	return err;
}

void crew_meet(struct crew *crew)
{
	pthread_barrier_wait(&crew->barrier);
}

void crew_end(struct crew *crew)
{
	for (uint32_t i = 0; i < crew->count; i++)
		pthread_join(crew->members[i].thread, NULL);
	pthread_barrier_destroy(&crew->barrier);
	pthread_cond_destroy(&crew->started);
	pthread_mutex_destroy(&crew->mutex);
	free(crew->members);
}
