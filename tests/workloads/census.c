// SPDX-License-Identifier: GPL-2.0-or-later
// Counts its own context switches by two of the kernel's counters that the tracer does
// not use: /proc/PID/task/TID/status, and a perf event inherited by all threads.
//
// All threads are parked when a count is taken, so both ends of the window are exact.
// Prints "thread TID VOLUNTARY INVOLUNTARY" per thread and "perf N" for the process.
#include <errno.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "include/announce.h"
#include "include/clock.h"

#define THREADS 6

struct worker {
	pthread_t thread;
	pid_t tid;
	sem_t go;		/* work, then park again */
	unsigned long before[2];
	unsigned long after[2];
};

static struct worker workers[THREADS];
static sem_t parked;

/* A mixture: sleeps, yields and enough spinning to be pre-empted. */
static void work(int index)
{
	for (int i = 0; i < 40; i++) {
		const struct timespec nap = { .tv_nsec = 200000L * (index + 1) };
		uint64_t until = clock_now_ns() + 2000000;

		while (clock_now_ns() < until)
			;
		sched_yield();
		nanosleep(&nap, NULL);
	}
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;

	worker->tid = (pid_t)syscall(SYS_gettid);
	for (int round = 0; round < 2; round++) {
		sem_post(&parked);
		sem_wait(&worker->go);
		if (round == 0)
			work((int)(worker - workers));
	}
	return NULL;
}

static int read_status(pid_t tid, unsigned long counts[2], char *state)
{
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "State: %c", state);
		sscanf(line, "voluntary_ctxt_switches: %lu", &counts[0]);
		sscanf(line, "nonvoluntary_ctxt_switches: %lu", &counts[1]);
	}
	fclose(file);
	return 0;
}

/*
 * Posting comes before sleeping, and being about to sleep (state S) before the switch:
 * wait until the thread sleeps and its counters have come to rest.
 */
static void count_parked(pid_t tid, unsigned long counts[2])
{
	const struct timespec rest = { .tv_nsec = 1000000 };
	unsigned long last;
	char state = '?';

	counts[0] = ULONG_MAX;
	do {
		last = counts[0];
		nanosleep(&rest, NULL);
		if (read_status(tid, counts, &state))
			exit(1);
	} while (state != 'S' || counts[0] != last);
}

static void park_all(bool after)
{
	for (int i = 0; i < THREADS; i++)
		sem_wait(&parked);
	for (int i = 0; i < THREADS; i++)
		count_parked(workers[i].tid, after ? workers[i].after : workers[i].before);
}

static int open_perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CONTEXT_SWITCHES,
		.inherit = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static unsigned long long read_perf(int fd)
{
	unsigned long long count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

int main(void)
{
	unsigned long main_before[2] = { 0 }, main_after[2] = { 0 };
	unsigned long long perf;
	int perf_fd = open_perf();
	pid_t self = getpid();
	char state;

	/* Its switches before this line are mostly those before exec. */
	read_status(self, main_before, &state);
	printf("before %lu\n", main_before[0] + main_before[1]);
	sem_init(&parked, 0, 0);
	for (int i = 0; i < THREADS; i++) {
		sem_init(&workers[i].go, 0, 0);
		pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]);
	}
	park_all(false);
	read_status(self, main_before, &state);
	perf = read_perf(perf_fd);
	announce(ANNOUNCE_WINDOW_OPEN, NULL);
	for (int i = 0; i < THREADS; i++)
		sem_post(&workers[i].go);
	park_all(true);
	announce(ANNOUNCE_WINDOW_CLOSE, NULL);
	perf = read_perf(perf_fd) - perf;
	read_status(self, main_after, &state);
	for (int i = 0; i < THREADS; i++) {
		sem_post(&workers[i].go);
		pthread_join(workers[i].thread, NULL);
		printf("thread %d %lu %lu\n", workers[i].tid,
		       workers[i].after[0] - workers[i].before[0],
		       workers[i].after[1] - workers[i].before[1]);
	}
	printf("thread %d %lu %lu\n", self, main_after[0] - main_before[0],
	       main_after[1] - main_before[1]);
	if (perf_fd >= 0)
		printf("perf %llu\n", perf);
	return 0;
}
