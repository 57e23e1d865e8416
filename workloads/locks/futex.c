// SPDX-License-Identifier: GPL-2.0-or-later
// futex: the three-state lock, "mutex2" of U. Drepper, "Futexes Are Tricky" (2011), section 6.
//
// A word is 0: free, 1: taken, 2: taken and perhaps waited for. One atomic step takes a free
// lock and one lets go; the kernel is entered only to sleep, or where the word was 2. Who has
// slept takes it as 2, not knowing whether it was the last: a wake-up too many, never too few.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "locks/lock.h"

enum word { FREE, TAKEN, WAITED_FOR };

struct futex_lock {
	struct lock lock;
	_Alignas(64) atomic_uint word;	/* enum word */
};

static int futex_init(struct lock *lock)
{
	atomic_init(&((struct futex_lock *)lock)->word, FREE);
	return 0;
}

static void futex_destroy(struct lock *lock)
{
	(void)lock;
}

/* Interrupted, or the word has changed: the caller looks at it again in any case. */
static void sleep_on(atomic_uint *word)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, WAITED_FOR, NULL);
}

static void futex_wait(struct lock *lock, struct announce_seat *seat, unsigned int found)
{
	atomic_uint *word = &((struct futex_lock *)lock)->word;

	lock_wait_begins(lock, seat);
	if (found != WAITED_FOR)
		found = atomic_exchange_explicit(word, WAITED_FOR, memory_order_acquire);
	while (found != FREE) {
		sleep_on(word);
		found = atomic_exchange_explicit(word, WAITED_FOR, memory_order_acquire);
	}
	lock_wait_ends(lock);
}

static void futex_acquire(struct lock *lock, struct announce_seat *seat)
{
	unsigned int found = FREE;

	if (!atomic_compare_exchange_strong_explicit(&((struct futex_lock *)lock)->word, &found,
						     TAKEN, memory_order_acquire,
						     memory_order_relaxed))
		futex_wait(lock, seat, found);
	lock_taken(lock, seat);
}

static void futex_release(struct lock *lock, struct announce_seat *seat)
{
	atomic_uint *word = &((struct futex_lock *)lock)->word;

	lock_letting_go(lock, seat, lock_wanted(lock), false);
	if (atomic_fetch_sub_explicit(word, 1, memory_order_release) == TAKEN)
		return;
	atomic_store_explicit(word, FREE, memory_order_release);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
}

const struct lock_kind lock_futex = {
	.name = "futex",
	.summary = "a three-state futex lock around every step (Drepper)",
	.shared = true,
	.per_step = true,
	.bytes = sizeof(struct futex_lock),
	.init = futex_init,
	.destroy = futex_destroy,
	.acquire = futex_acquire,
	.release = futex_release,
};
