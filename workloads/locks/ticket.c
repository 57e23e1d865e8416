// SPDX-License-Identifier: GPL-2.0-or-later
// ticket: D. Reed and R. Kanodia 1979; as ck_spinlock_ticket in ck's spinlock/ticket.h.
//
// Who wants the lock draws the next number and spins until it is served: first come, first served,
// all spinning on one word. The turn may come to a thread without a CPU, and then nobody gets on
// until the scheduler runs it: with more threads than CPUs each turn may cost a time slice.
#include "locks/spinning.h"

struct ticket {
	struct lock lock;
	_Alignas(64) ck_spinlock_ticket_t turn;
};

static int ticket_init(struct lock *lock)
{
	ck_spinlock_ticket_init(&((struct ticket *)lock)->turn);
	return 0;
}

static void ticket_destroy(struct lock *lock)
{
	(void)lock;
}

/* Where ck has no trylock (not x86), every thread counts as a waiter for a moment. */
static bool ticket_at_once(struct ticket *ticket)
{
#ifdef CK_F_SPINLOCK_TICKET_TRYLOCK
	return ck_spinlock_ticket_trylock(&ticket->turn);
#else
	(void)ticket;
	return false;
#endif
}

static void ticket_acquire(struct lock *lock, struct announce_seat *seat)
{
	struct ticket *ticket = (struct ticket *)lock;

	spinning_begins(lock);
	if (!ticket_at_once(ticket)) {
		lock_wait_begins(lock, seat);
		ck_spinlock_ticket_lock(&ticket->turn);
		lock_wait_ends(lock);
	}
	spinning_taken(lock, seat);
}

static void ticket_release(struct lock *lock, struct announce_seat *seat)
{
	spinning_letting_go(lock, seat, lock_wanted(lock));
	ck_spinlock_ticket_unlock(&((struct ticket *)lock)->turn);
	spinning_let_go(lock);
}

const struct lock_kind lock_ticket = {
	.name = "ticket",
	.summary = "a spin lock around every step, first come first served on one word",
	.shared = true,
	.per_step = true,
	.spins_in_order = true,
	.bytes = sizeof(struct ticket),
	.init = ticket_init,
	.destroy = ticket_destroy,
	.acquire = ticket_acquire,
	.release = ticket_release,
};
