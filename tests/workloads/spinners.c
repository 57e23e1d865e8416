// SPDX-License-Identifier: GPL-2.0-or-later
// An unmodified program with one global spinlock: nobody ever sleeps on it.
//
// A tracer can find the lock by spin_lock:spin_unlock only. The counts are taken under the
// lock.
#include <sched.h>
#include <stdatomic.h>

#include "contest.h"

/* Spins before it lets others run: the holder may want this CPU. */
#define PATIENCE 1000

static atomic_flag big_flag = ATOMIC_FLAG_INIT;

void spin_lock(void);
void spin_unlock(void);

__attribute__((noinline)) void spin_lock(void)
{
	unsigned int spins = 0;

	while (atomic_flag_test_and_set_explicit(&big_flag, memory_order_acquire))
		if (++spins % PATIENCE == 0)
			sched_yield();
}

__attribute__((noinline)) void spin_unlock(void)
{
	atomic_flag_clear_explicit(&big_flag, memory_order_release);
}

int main(int argc, char **argv)
{
	return contest_main(argc, argv, "Threads pass through critical sections under a spinlock.",
			    spin_lock, spin_unlock);
}
