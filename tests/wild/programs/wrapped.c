// SPDX-License-Identifier: GPL-2.0-or-later
// Locks by wrappers of a program's own, in all the ways to say which one is meant. 3 threads take
// two locks, one inside of the other, and twice. Prints "NAME acquisitions held_ns" of each.
// usage: wrapped nested|tried|one|workers
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define APART __attribute__((noinline, noclone))
#define ROUNDS 400

struct lock {
	pthread_mutex_t mutex;
	long taken, held_ns, since_ns;
};

/* A thread's own: it leads to the lock, and is none. */
struct worker {
	struct lock *lock;
};

static struct lock outer, inner, single;

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void spin(long ns)
{
	for (long until = now_ns() + ns; now_ns() < until;)
		;
}

/* Not the last thing that a function does: else it would be a jump. */
#define STAY() __asm__ volatile("" ::: "memory")

APART void my_lock(struct lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
	STAY();
}

APART void my_unlock(struct lock *lock)
{
	pthread_mutex_unlock(&lock->mutex);
	STAY();
}

/* true: it has it */
APART bool my_trylock(struct lock *lock)
{
	return pthread_mutex_trylock(&lock->mutex) == 0;
}

/* Success is what its author says. */
APART int my_timedlock(struct lock *lock)
{
	return pthread_mutex_lock(&lock->mutex) == 0;
}

APART void the_lock(void)
{
	pthread_mutex_lock(&single.mutex);
	STAY();
}

APART void the_unlock(void)
{
	pthread_mutex_unlock(&single.mutex);
	STAY();
}

APART void worker_lock(struct worker *worker)
{
	pthread_mutex_lock(&worker->lock->mutex);
	STAY();
}

APART void worker_unlock(struct worker *worker)
{
	pthread_mutex_unlock(&worker->lock->mutex);
	STAY();
}

static void count(struct lock *lock)
{
	lock->taken++;
	lock->since_ns = now_ns();
}

static void nested(int round)
{
	my_lock(&outer);
	count(&outer);
	spin(20000);
	my_lock(&inner);
	count(&inner);
	spin(10000);
	if (round % 2) {
		my_lock(&inner);
		my_unlock(&inner);
	}
	outer.held_ns += now_ns() - outer.since_ns;
	my_unlock(&outer);
	spin(10000);
	inner.held_ns += now_ns() - inner.since_ns;
	my_unlock(&inner);
}

static void tried(void)
{
	if (!my_trylock(&inner)) {
		spin(20000);
		return;
	}
	count(&inner);
	spin(20000);
	inner.held_ns += now_ns() - inner.since_ns;
	my_unlock(&inner);
}

static void alone(void)
{
	the_lock();
	count(&single);
	spin(10000);
	the_lock();
	the_unlock();
	single.held_ns += now_ns() - single.since_ns;
	the_unlock();
}

static void *work(void *arg)
{
	const char way = *(const char *)arg;
	struct worker worker = { .lock = &single };

	for (int round = 0; round < ROUNDS; round++) {
		switch (way) {
		case 'n': nested(round); break;
		case 't': tried(); break;
		case 'o': alone(); break;
		default:
			worker_lock(&worker);
			count(&single);
			spin(30000);
			worker_unlock(&worker);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct lock *const locks[] = { &outer, &inner, &single };
	static const char *const names[] = { "outer", "inner", "single" };
	pthread_mutexattr_t recursive;
	pthread_t threads[3];

	if (argc != 2)
		return 2;
	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	for (int i = 0; i < 3; i++)
		pthread_mutex_init(&locks[i]->mutex, &recursive);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, work, argv[1]);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 3; i++)
		printf("%s %ld %ld\n", names[i], locks[i]->taken, locks[i]->held_ns);
	return my_timedlock(&single) ? 0 : 1;
}
