// SPDX-License-Identifier: GPL-2.0-or-later
// Mutexes in all the ways in which the C library takes them: at once, by tries that may fail, with
// a time limit, twice by one thread, and back from a condition variable. Counts for itself, and
// measures how long each mutex was held, by its own clock.
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ITEMS 300
#define MAKERS 2
#define TAKERS 2

struct lock {
	pthread_mutex_t mutex;
	uint64_t taken;		/* under the mutex, like all that follows */
	uint64_t held_ns;
	uint64_t since_ns;
};

static struct lock queue = { .mutex = PTHREAD_MUTEX_INITIALIZER };
static struct lock other = { .mutex = PTHREAD_MUTEX_INITIALIZER };
static struct lock deep;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static uint64_t items, makers = MAKERS, waits, failures;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void compute(uint64_t us)
{
	uint64_t until = now_ns() + us * 1000;

	while (now_ns() < until)
		;
}

static void has(struct lock *lock)
{
	lock->taken++;
	lock->since_ns = now_ns();
}

static void lets_go(struct lock *lock)
{
	lock->held_ns += now_ns() - lock->since_ns;
}

static void take(struct lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
	has(lock);
}

static void give(struct lock *lock)
{
	lets_go(lock);
	pthread_mutex_unlock(&lock->mutex);
}

/* Returns 0 or an error, as the functions do. */
static int try(struct lock *lock, int limited)
{
	struct timespec limit;
	int err;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_nsec = (limit.tv_nsec + 50000) % 1000000000;	/* or long ago */
	err = limited ? pthread_mutex_timedlock(&lock->mutex, &limit)
		      : pthread_mutex_trylock(&lock->mutex);
	if (err)
		__atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);
	else
		has(lock);
	return err;
}

static void *make(void *unused)
{
	for (int i = 0; i < ITEMS; i++) {
		take(&queue);
		compute(100);
		items++;
		pthread_cond_signal(&filled);
		give(&queue);
		if (try(&other, i % 2) == 0) {
			compute(100);
			give(&other);
		}
		take(&deep);
		pthread_mutex_lock(&deep.mutex);	/* it has it */
		compute(20);
		pthread_mutex_unlock(&deep.mutex);
		give(&deep);
	}
	take(&queue);
	makers--;
	pthread_cond_broadcast(&filled);
	give(&queue);
	return unused;
}

/* False: there will be none any more. */
static int wait_for_item(void)
{
	while (!items && makers) {
		waits++;
		lets_go(&queue);
		pthread_cond_wait(&filled, &queue.mutex);
		has(&queue);
	}
	if (!items)
		return 0;
	items--;
	return 1;
}

static void *use(void *unused)
{
	take(&queue);
	while (wait_for_item()) {
		compute(50);
		give(&queue);
		take(&other);
		compute(150);
		give(&other);
		take(&queue);
	}
	give(&queue);
	return unused;
}

static void print(const char *name, const struct lock *lock)
{
	printf("%s %ju %ju\n", name, (uintmax_t)lock->taken, (uintmax_t)lock->held_ns);
}

int main(void)
{
	pthread_t threads[MAKERS + TAKERS];
	pthread_mutexattr_t recursive;

	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&deep.mutex, &recursive);
	for (int i = 0; i < MAKERS + TAKERS; i++)
		if (pthread_create(&threads[i], NULL, i < TAKERS ? use : make, NULL))
			return 1;
	for (int i = 0; i < MAKERS + TAKERS; i++)
		pthread_join(threads[i], NULL);
	print("queue", &queue);
	print("other", &other);
	print("deep", &deep);
	printf("waits %ju\nfailures %ju\n", (uintmax_t)waits, (uintmax_t)failures);
	return 0;
}
