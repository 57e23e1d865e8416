// SPDX-License-Identifier: GPL-2.0-or-later
// A lock of a program's own by a semaphore, which is a place to be cancelled: half of its waiters
// are.
// Prints "gate acquisitions held_ns" and "cancelled N".
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define WAITERS 8

struct gate {
	sem_t free;
};

static struct gate gate;
static long taken, held_ns;

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

__attribute__((noinline)) void gate_enter(struct gate *in)
{
	while (sem_wait(&in->free))
		;
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void gate_leave(struct gate *in)
{
	sem_post(&in->free);
	__asm__ volatile("" ::: "memory");
}

static void hold(long us)
{
	long since;

	gate_enter(&gate);
	taken++;
	since = now_ns();
	usleep((useconds_t)us);
	held_ns += now_ns() - since;
	gate_leave(&gate);
}

static void *wait(void *arg)
{
	(void)arg;
	hold(1000);
	return NULL;
}

int main(void)
{
	pthread_t waiters[WAITERS];
	int cancelled = 0;
	void *result;

	sem_init(&gate.free, 0, 1);
	hold(1000);
	gate_enter(&gate);
	taken++;
	long since = now_ns();
	for (int i = 0; i < WAITERS; i++)
		pthread_create(&waiters[i], NULL, wait, NULL);
	usleep(50000);
	for (int i = 0; i < WAITERS; i += 2)
		pthread_cancel(waiters[i]);
	usleep(20000);
	held_ns += now_ns() - since;
	gate_leave(&gate);
	for (int i = 0; i < WAITERS; i++) {
		pthread_join(waiters[i], &result);
		cancelled += result == PTHREAD_CANCELED;
	}
	printf("gate %ld %ld\ncancelled %d\n", taken, held_ns, cancelled);
}
