// SPDX-License-Identifier: GPL-2.0-or-later
// Two threads that take a spin lock 200 times each. glibc's function begins with a locked
// instruction on x86-64, on which the kernel puts no probe.
#include <pthread.h>
#include <sched.h>

pthread_spinlock_t spinlock;
static volatile int count;

static void *spins(void *argument)
{
	for (int i = 0; i < 200; i++) {
		pthread_spin_lock(&spinlock);
		count++;
		pthread_spin_unlock(&spinlock);
		sched_yield();
	}
	return argument;
}

int main(void)
{
	pthread_t threads[2];

	pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, spins, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return count != 400;
}
