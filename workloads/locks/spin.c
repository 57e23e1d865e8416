// SPDX-License-Identifier: GPL-2.0-or-later
// spin: test-and-test-and-set (Rudolph and Segall 1984); as ck_spinlock_fas in spinlock/fas.h.
//
// One word, swapped for "taken"; who finds it taken reads it until it is free and swaps again.
// In no order: whoever comes first wins, and one thread may starve. A waiter burns its CPU, for
// whole time slices if the holder has been pre-empted.
#include "locks/spinning.h"

struct spin {
	struct lock lock;
	_Alignas(64) ck_spinlock_fas_t word;
};

static int spin_init(struct lock *lock)
{
	ck_spinlock_fas_init(&((struct spin *)lock)->word);
	return 0;
}

static void spin_destroy(struct lock *lock)
{
	(void)lock;
}

static void spin_acquire(struct lock *lock, struct announce_seat *seat)
{
	struct spin *spin = (struct spin *)lock;

	spinning_begins(lock);
	if (!ck_spinlock_fas_trylock(&spin->word)) {
		lock_wait_begins(lock, seat);
		ck_spinlock_fas_lock(&spin->word);
		lock_wait_ends(lock);
	}
	spinning_taken(lock, seat);
}

static void spin_release(struct lock *lock, struct announce_seat *seat)
{
	spinning_letting_go(lock, seat, lock_wanted(lock));
	ck_spinlock_fas_unlock(&((struct spin *)lock)->word);
	spinning_let_go(lock);
}

const struct lock_kind lock_spin = {
	.name = "spin",
	.summary = "a spin lock around every step, in no order (test-and-test-and-set)",
	.shared = true,
	.per_step = true,
	.bytes = sizeof(struct spin),
	.init = spin_init,
	.destroy = spin_destroy,
	.acquire = spin_acquire,
	.release = spin_release,
};
