// SPDX-License-Identifier: GPL-2.0-or-later
// Situation: many short threads in the life of a process, a few at a time; or many alive at once.
// Truth: churn N K makes N threads, never more than K of them at a time; each takes the mutex once.
// crowd N R has N threads alive at once, each of which takes it R times. It prints what it counts.
// orphan N K is churn without the process's first thread, and then executes another program.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

pthread_mutex_t churn_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all_there;
static unsigned long taken;
static int rounds;

__attribute__((noinline)) void churn_take(void)
{
	pthread_mutex_lock(&churn_mutex);
}

__attribute__((noinline)) void churn_leave(void)
{
	pthread_mutex_unlock(&churn_mutex);
}

static void *brief(void *unused)
{
	churn_take();
	taken++;
	churn_leave();
	return unused;
}

static void *stays(void *argument)
{
	unsigned int seed = (unsigned int)(size_t)argument;

	pthread_barrier_wait(&all_there);
	for (int i = 0; i < rounds; i++) {
		churn_take();
		taken++;
		usleep(5);
		churn_leave();
		usleep((useconds_t)(rand_r(&seed) % 5000));
	}
	return NULL;
}

static int start(pthread_t *thread, void *(*function)(void *), size_t argument)
{
	pthread_attr_t attributes;
	int err;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 << 10);
	err = pthread_create(thread, &attributes, function, (void *)argument);
	pthread_attr_destroy(&attributes);
	return err;
}

/* In turn, each waited for before its place is another's: the oldest of K. */
static int churn(int count, int at_once, pthread_t *threads)
{
	for (int i = 0; i < count; i++) {
		if (i >= at_once)
			pthread_join(threads[i % at_once], NULL);
		if (start(&threads[i % at_once], brief, 0))
			return 1;
	}
	for (int i = count < at_once ? 0 : count - at_once; i < count; i++)
		pthread_join(threads[i % at_once], NULL);
	return 0;
}

static int crowd(int count, pthread_t *threads)
{
	pthread_barrier_init(&all_there, NULL, (unsigned int)count);
	for (int i = 0; i < count; i++)
		if (start(&threads[i], stays, (size_t)i))
			return 1;
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

struct orphan {
	int count;
	int at_once;
	pthread_t *threads;
};

/* All the time, the process has no first thread any more; at the end, its pid is this one's. */
static void *goes_on(void *argument)
{
	struct orphan *orphan = argument;

	usleep(1000);
	if (churn(orphan->count, orphan->at_once, orphan->threads) == 0)
		execl("/bin/true", "true", NULL);
	exit(1);
}

static int orphan(int count, int at_once, pthread_t *threads)
{
	static struct orphan all;

	all = (struct orphan){ count, at_once, threads };
	if (start(&threads[at_once], goes_on, (size_t)&all))
		return 1;
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	int count = argc > 3 ? atoi(argv[2]) : 1;
	struct timespec from, to;
	pthread_t *threads;
	int err;

	if (argc < 4)
		return 2;
	rounds = atoi(argv[3]);
	threads = calloc((size_t)count + (size_t)rounds, sizeof(*threads));
	printf("pid %d\n", getpid());
	clock_gettime(CLOCK_MONOTONIC, &from);
	if (strcmp(argv[1], "orphan") == 0)
		return orphan(count, rounds, threads);
	err = strcmp(argv[1], "crowd") == 0 ? crowd(count, threads) : churn(count, rounds, threads);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("threads %d\ntaken %lu\nms %.0f\n", count, taken,
	       (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6);
	free(threads);
	return err;
}
