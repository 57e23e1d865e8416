// SPDX-License-Identifier: GPL-2.0-or-later
// Probes that are on their way out. Each is gone when every CPU has been seen outside of it
// (uprobe_unregister_sync()), some 10 to 40 ms: a thread waits for that, and nobody else. Meanwhile the
// programs know that its process is over, or another program.
#include "tracer/parts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/thread.h"

/* More than so many are not waited for at once. */
#define LEAVING_AT_ONCE 64

struct leaving {
	struct tracer_watch watch;
	pthread_t thread;
	atomic_bool gone;
	struct leaving *next;
};

static void *leave(void *arg)
{
	struct leaving *leaving = arg;

	tracer_watched__take_out(&leaving->watch);
	atomic_store(&leaving->gone, true);
	return NULL;
}

/* all: also those that are not gone yet. Returns how many are left. */
static size_t bury(struct tracer *tracer, bool all)
{
	struct leaving **at = &tracer->leaving, *leaving;
	size_t left = 0;

	while ((leaving = *at)) {
		if (!all && !atomic_load(&leaving->gone)) {
			at = &leaving->next;
			left++;
			continue;
		}
		pthread_join(leaving->thread, NULL);
		*at = leaving->next;
		free(leaving);
	}
	return left;
}

void tracer_leaving__begin(struct tracer *tracer, struct tracer_watch *watch)
{
	struct leaving *leaving;

	if (!watch->nlinks && !watch->nsessions)
		return;
	leaving = bury(tracer, false) < LEAVING_AT_ONCE ? calloc(1, sizeof(*leaving)) : NULL;
	if (leaving)
		leaving->watch = *watch;
	if (!leaving || thread__start(&leaving->thread, leave, leaving)) {
		free(leaving);
		tracer_watched__take_out(watch);
		return;
	}
	*watch = (struct tracer_watch){ .nlinks = 0 };
	leaving->next = tracer->leaving;
	tracer->leaving = leaving;
}

void tracer_leaving__finish(struct tracer *tracer)
{
	bury(tracer, true);
}
