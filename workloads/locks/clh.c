// SPDX-License-Identifier: GPL-2.0-or-later
// clh: T. Craig 1993; P. Magnusson et al. 1994; as ck_spinlock_clh in ck's spinlock/clh.h.
//
// A queue of nodes as mcs, but a waiter spins on the node of the thread before it and takes that
// node over when it lets go: nobody looks for a successor, a release is a single store. First
// come, first served; the same collapse as ticket where the next in the queue has no CPU.
#include <errno.h>

#include "locks/nodes.h"
#include "locks/spinning.h"

struct clh {
	struct lock lock;
	_Alignas(64) ck_spinlock_clh_t *last;
};

/* The queue is never empty: it begins with a node that nobody waits for. */
static int clh_init(struct lock *lock)
{
	ck_spinlock_clh_t *nobody = lock_node_new(lock, sizeof(*nobody));

	if (!nobody)
		return -ENOMEM;
	ck_spinlock_clh_init(&((struct clh *)lock)->last, nobody);
	return 0;
}

static void clh_destroy(struct lock *lock)
{
	(void)lock;
}

/*
 * ck has no trylock here, so a thread that finds the lock free may still have to wait, uncounted.
 * Whoever lets go sees it in the queue.
 */
static void clh_acquire(struct lock *lock, struct announce_seat *seat)
{
	ck_spinlock_clh_t *node = lock_node_of(lock, seat, sizeof(*node));
	struct clh *clh = (struct clh *)lock;

	spinning_begins(lock);
	if (!ck_spinlock_clh_locked(&clh->last)) {
		ck_spinlock_clh_lock(&clh->last, node);
	} else {
		lock_wait_begins(lock, seat);
		ck_spinlock_clh_lock(&clh->last, node);
		lock_wait_ends(lock);
	}
	spinning_taken(lock, seat);
}

static unsigned int clh_wanted(struct lock *lock, const ck_spinlock_clh_t *own)
{
	unsigned int wanted = lock_wanted(lock);

	return wanted ? wanted : ck_pr_load_ptr(&((struct clh *)lock)->last) != own;
}

static void clh_release(struct lock *lock, struct announce_seat *seat)
{
	ck_spinlock_clh_t *node = lock_node_of(lock, seat, sizeof(*node));

	spinning_letting_go(lock, seat, clh_wanted(lock, node));
	ck_spinlock_clh_unlock(&node);
	spinning_let_go(lock);
	seat->node = (uintptr_t)node;
}

const struct lock_kind lock_clh = {
	.name = "clh",
	.summary = "a spin lock around every step, a queue in which each waits on the node before",
	.shared = true,
	.per_step = true,
	.spins_in_order = true,
	.bytes = sizeof(struct clh),
	.init = clh_init,
	.destroy = clh_destroy,
	.acquire = clh_acquire,
	.release = clh_release,
};
