// SPDX-License-Identifier: GPL-2.0-or-later
// Tasks that use up one CPU, in threads or in processes.
#include "crowd/spinner.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "include/clock.h"

#define READY_STEP_NS 500000

/* A newcomer's first slices are placed, not earned: let that pass before anybody measures. */
#define SETTLE_MS 20

/* What starter and spinners share, also across processes. */
struct shared {
	atomic_bool stop;
	atomic_uint ready;
	atomic_int error;	/* the first -errno of a spinner that could not begin */
};

struct spinner {
	struct spinners *all;
	unsigned int index;
	pthread_t thread;
	pid_t pid;
	clockid_t clock;
};

struct spinners {
	struct spinners_config config;
	struct shared *shared;
	unsigned int started;
	struct spinner spinner[SPINNERS_MAX];
};

int spinner_confine(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

void spinner_turn(void)
{
	for (volatile unsigned int i = 0; i < 1000; i++)
		;
}

/* On Linux a nice level is the thread's own; it goes with it. */
static int begin(const struct spinner *spinner)
{
	const struct spinners_config *config = &spinner->all->config;
	char name[16];
	int err = spinner_confine(config->cpu);

	snprintf(name, sizeof(name), "worker-%u", spinner->index);
	prctl(PR_SET_NAME, name);
	if (!err && config->nice && setpriority(PRIO_PROCESS, 0, config->nice[spinner->index]))
		err = -errno;
	return err;
}

static void sleep_ns(uint64_t ns)
{
	const struct timespec time = clock_timespec(ns);

	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

/* One that cannot begin stays until all stop: its clock is asked for, and why is to be told. */
static void spin(const struct spinner *spinner)
{
	struct shared *shared = spinner->all->shared;
	int none = 0, err = begin(spinner);

	if (err)
		atomic_compare_exchange_strong(&shared->error, &none, err);
	atomic_fetch_add(&shared->ready, 1);
	while (!atomic_load_explicit(&shared->stop, memory_order_relaxed)) {
		if (err)
			sleep_ns(READY_STEP_NS);
		else
			spinner_turn();
	}
}

static void *thread_main(void *arg)
{
	spin(arg);
	return NULL;
}

static int start_thread(struct spinner *spinner)
{
	int err = pthread_create(&spinner->thread, NULL, thread_main, spinner);

	return err ? -err : -pthread_getcpuclockid(spinner->thread, &spinner->clock);
}

static int start_process(struct spinner *spinner)
{
	pid_t parent = getpid();

	spinner->pid = fork();
	if (spinner->pid < 0)
		return -errno;
	if (spinner->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			spin(spinner);
		_exit(0);
	}
	return -clock_getcpuclockid(spinner->pid, &spinner->clock);
}

static int start_all(struct spinners *spinners)
{
	unsigned int count = spinners->config.count;
	int err = 0;

	while (!err && spinners->started < count) {
		struct spinner *spinner = &spinners->spinner[spinners->started];

		*spinner = (struct spinner){ .all = spinners, .index = spinners->started };
		err = spinners->config.kind == SPINNER_THREADS ? start_thread(spinner)
								: start_process(spinner);
		spinners->started += !err;
	}
	while (!err && atomic_load(&spinners->shared->ready) < count)
		sleep_ns(READY_STEP_NS);
	return err ? err : atomic_load(&spinners->shared->error);
}

int spinners_start(struct spinners **out, const struct spinners_config *config)
{
	struct spinners *spinners = calloc(1, sizeof(*spinners));
	int err;

	*out = NULL;
	if (!spinners)
		return -ENOMEM;
	spinners->config = *config;
	spinners->shared = mmap(NULL, sizeof(*spinners->shared), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (spinners->shared == MAP_FAILED) {
		free(spinners);
		return -ENOMEM;
	}
	err = start_all(spinners);
	if (err) {
		spinners_stop(spinners);
		return err;
	}
	*out = spinners;
	return 0;
}

/* CPU time that each has had so far, in ns. */
static int read_times(const struct spinners *spinners, uint64_t *cpu_ns)
{
	for (unsigned int i = 0; i < spinners->started; i++) {
		struct timespec time;

		if (clock_gettime(spinners->spinner[i].clock, &time))
			return -errno;
		cpu_ns[i] = (uint64_t)time.tv_sec * NSEC_PER_SEC + (uint64_t)time.tv_nsec;
	}
	return 0;
}

int spinners_watch(const struct spinners *spinners, uint64_t ms, uint64_t *cpu_ns)
{
	uint64_t before[SPINNERS_MAX] = { 0 };
	int err;

	sleep_ns(SETTLE_MS * 1000000ULL);
	err = read_times(spinners, before);
	if (err)
		return err;
	sleep_ns(ms * 1000000ULL);
	err = read_times(spinners, cpu_ns);
	for (unsigned int i = 0; i < spinners->started && !err; i++)
		cpu_ns[i] -= before[i];
	return err;
}

void spinners_stop(struct spinners *spinners)
{
	if (!spinners)
		return;
	atomic_store(&spinners->shared->stop, true);
	for (unsigned int i = 0; i < spinners->started; i++) {
		if (spinners->config.kind == SPINNER_THREADS)
			pthread_join(spinners->spinner[i].thread, NULL);
		else
			waitpid(spinners->spinner[i].pid, NULL, 0);
	}
	munmap(spinners->shared, sizeof(*spinners->shared));
	free(spinners);
}
