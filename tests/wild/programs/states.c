// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * states - a lock whose holder cannot go on, for a reason that its runner knows.
 *
 *	fight N		two threads, N holds of 1 ms of CPU each
 *	hold FILE	one thread holds it and runs until FILE is there, another waits for it
 *	wake N		its holder sleeps for 1 ms again and again, on a CPU that a real-time thread of
 *			ours keeps busy for 20 ms N times; prints how long it really was, in ns
 */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000ULL

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long count;
static const char *path;
static volatile bool over;
static uint64_t spun_ns;

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static void burn(uint64_t ns)
{
	uint64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ns;

	while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

static void rest(uint64_t ns)
{
	const struct timespec t = { .tv_nsec = (long)ns };

	nanosleep(&t, NULL);
}

static void *fight(void *nothing)
{
	for (unsigned long i = 0; i < count; i++) {
		pthread_mutex_lock(&lock);
		burn(MS);
		pthread_mutex_unlock(&lock);
	}
	return nothing;
}

static void *hold(void *nothing)
{
	pthread_mutex_lock(&lock);
	puts("held");
	fflush(stdout);
	while (access(path, F_OK))
		burn(MS);
	pthread_mutex_unlock(&lock);
	return nothing;
}

static void *wait_for_it(void *nothing)
{
	rest(100 * MS);
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	return nothing;
}

static void on_first_cpu(void)
{
	cpu_set_t all, one;

	CPU_ZERO(&one);
	sched_getaffinity(0, sizeof(all), &all);
	for (int cpu = 0; cpu < CPU_SETSIZE && !CPU_COUNT(&one); cpu++)
		if (CPU_ISSET(cpu, &all))
			CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void *sleep_with_it(void *nothing)
{
	while (!over) {
		pthread_mutex_lock(&lock);
		rest(MS);
		pthread_mutex_unlock(&lock);
	}
	return nothing;
}

static void *keep_busy(void *nothing)
{
	const struct sched_param param = { .sched_priority = 1 };

	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &param))
		exit(77);
	for (unsigned long i = 0; i < count; i++) {
		uint64_t start = clock_ns(CLOCK_MONOTONIC);

		burn(20 * MS);
		spun_ns += clock_ns(CLOCK_MONOTONIC) - start;
		rest(6 * MS);
	}
	over = true;
	return nothing;
}

static void both(void *(*one)(void *), void *(*other)(void *))
{
	pthread_t threads[2];

	pthread_create(&threads[0], NULL, one, NULL);
	pthread_create(&threads[1], NULL, other, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	count = strtoul(argv[2], NULL, 10);
	path = argv[2];
	on_first_cpu();
	if (strcmp(argv[1], "fight") == 0)
		both(fight, fight);
	else if (strcmp(argv[1], "hold") == 0)
		both(hold, wait_for_it);
	else
		both(sleep_with_it, keep_busy);
	if (spun_ns)
		printf("%ju\n", (uintmax_t)spun_ns);
	return 0;
}
