// SPDX-License-Identifier: GPL-2.0-or-later
// mcs: J. Mellor-Crummey and M. Scott 1991; as ck_spinlock_mcs in ck's spinlock/mcs.h.
//
// A queue of nodes, one per thread: a waiter hangs its node behind the last and spins on that node
// alone, until the thread before it writes there. First come, first served, a cache line each; the
// same collapse as ticket where the next in the queue has no CPU.
#include "locks/nodes.h"
#include "locks/spinning.h"

struct mcs {
	struct lock lock;
	_Alignas(64) ck_spinlock_mcs_t last;
};

static int mcs_init(struct lock *lock)
{
	ck_spinlock_mcs_init(&((struct mcs *)lock)->last);
	return 0;
}

static void mcs_destroy(struct lock *lock)
{
	(void)lock;
}

static void mcs_acquire(struct lock *lock, struct announce_seat *seat)
{
	ck_spinlock_mcs_context_t *node = lock_node_of(lock, seat, sizeof(*node));
	struct mcs *mcs = (struct mcs *)lock;

	spinning_begins(lock);
	if (!ck_spinlock_mcs_trylock(&mcs->last, node)) {
		lock_wait_begins(lock, seat);
		ck_spinlock_mcs_lock(&mcs->last, node);
		lock_wait_ends(lock);
	}
	spinning_taken(lock, seat);
}

static void mcs_release(struct lock *lock, struct announce_seat *seat)
{
	ck_spinlock_mcs_context_t *node = lock_node_of(lock, seat, sizeof(*node));

	spinning_letting_go(lock, seat, lock_wanted(lock));
	ck_spinlock_mcs_unlock(&((struct mcs *)lock)->last, node);
	spinning_let_go(lock);
}

const struct lock_kind lock_mcs = {
	.name = "mcs",
	.summary = "a spin lock around every step, a queue in which each waits on its own node",
	.shared = true,
	.per_step = true,
	.spins_in_order = true,
	.bytes = sizeof(struct mcs),
	.init = mcs_init,
	.destroy = mcs_destroy,
	.acquire = mcs_acquire,
	.release = mcs_release,
};
