/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cycle collector by trial deletion: finds containers that nothing but themselves refers to,
 * which counting alone can never free.
 *
 * As CPython's Modules/gcmodule.c (up to 3.12): take away from each container's count the
 * references that come from other containers (update_refs, subtract_refs).  What is left over
 * came from outside; such containers and all that can be reached from them stay
 * (move_unreachable).  The rest is garbage, and emptying it lets counting do its work
 * (delete_garbage).  The term, and the same idea started from suspects only: Bacon and Rajan,
 * "Concurrent Cycle Collection in Reference Counted Systems", ECOOP 2001.
 *
 * One generation is kept, CPython's youngest: every collection looks at all containers, where
 * CPython would move those that survive to an older generation and look there less often.
 * There are no finalizers and no weak references, so nothing comes back to life.
 *
 * Opt-in: only containers made here are tracked, each with a header of 32 bytes in front of it,
 * and cost anything.  A container made without a collector counts as being outside: it is never
 * reclaimed, and what it refers to stays.
 *
 * A collector is used by one thread at a time, as are the counts.
 */
#ifndef SWITCHTAX_CYCLES_H
#define SWITCHTAX_CYCLES_H

#include "objects/object.h"

struct cycles;

/* CPython's for its youngest generation, up to 3.12. */
#define CYCLES_THRESHOLD 700

/*
 * A new collector.  When more than so many containers have been made, less those freed, since the
 * last collection, and more than a quarter of what it left, the next one to be made collects
 * first.  0: only when asked.  NULL with errno ENOMEM.
 */
struct cycles *cycles_new(size_t threshold);

/*
 * Ends a collector; accepts NULL.  Containers that still exist are only counted from then on, as
 * if it had never been there.
 */
void cycles_free(struct cycles *cycles);

/*
 * An empty list, or an instance, as list_new() and instance_new() make them, but tracked.  May
 * collect first.
 */
struct list_object *cycles_list_new(struct cycles *cycles);
struct instance_object *cycles_instance_new(struct cycles *cycles, size_t slots);

/*
 * Collects now and returns how many containers were garbage.  Needs no memory.  Does nothing,
 * and returns 0, if it is called by what a collection drops.
 */
size_t cycles_collect(struct cycles *cycles);

/* What has been done so far. */
struct cycles_counts {
	uint64_t tracked;	/* containers that exist now */
	uint64_t collections;
	uint64_t automatic;	/* of them, because of the threshold */
	uint64_t garbage;	/* containers found to be garbage by all of them */
};

struct cycles_counts cycles_counts(const struct cycles *cycles);

#endif
