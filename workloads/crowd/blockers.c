// SPDX-License-Identifier: GPL-2.0-or-later
// Workers that block, as threads under a lock or as processes.
#include "crowd/blockers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* The outside world of one worker: it knows no lock, and connects some time after a call. */
struct client {
	struct sockaddr_in address;	/* of the worker's socket */
	int socket;			/* of the worker; -1: it does not accept */
	uint64_t ms;
	sem_t called;
	int error;
	pthread_t thread;
};

struct worker {
	const struct blockers_config *config;
	struct announce_seat seat;
	struct client client;
	int error;
	pthread_t thread;
};

static int sleep_until(uint64_t ns)
{
	struct timespec until = clock_timespec(ns);
	int err;

	do
		err = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	while (err == EINTR);
	return -err;
}

static int sleep_for(uint64_t ms)
{
	return sleep_until(clock_now_ns() + ms * 1000 * NSEC_PER_USEC);
}

static void *client_main(void *arg)
{
	struct client *client = arg;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	while (sem_wait(&client->called) && errno == EINTR)
		;
	client->error = sleep_for(client->ms);
	if (fd < 0 || connect(fd, (struct sockaddr *)&client->address, sizeof(client->address)))
		client->error = -errno;
	if (client->error)	/* nobody will come: end the wait */
		shutdown(client->socket, SHUT_RDWR);
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* A socket of the worker's own on a port that the kernel picks. */
static int listen_on_loopback(struct worker *worker)
{
	struct sockaddr_in *address = &worker->client.address;
	socklen_t size = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	worker->client.socket = fd;
	*address = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(fd, (struct sockaddr *)address, sizeof(*address)) || listen(fd, 1) ||
	    getsockname(fd, (struct sockaddr *)address, &size))
		return -errno;
	return 0;
}

static int start_client(struct worker *worker)
{
	struct client *client = &worker->client;
	int err = listen_on_loopback(worker);

	client->ms = worker->config->ms;
	sem_init(&client->called, 0, 0);
	return err ? err : -pthread_create(&client->thread, NULL, client_main, client);
}

static int accept_one(struct worker *worker)
{
	int fd;

	sem_post(&worker->client.called);
	do
		fd = accept4(worker->client.socket, NULL, NULL, SOCK_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void block(struct worker *worker)
{
	worker->error = worker->config->what == BLOCKERS_SLEEP ? sleep_for(worker->config->ms) :
			accept_one(worker);
}

/* As an interpreter does around a blocking call, or should. */
static void *thread_main(void *arg)
{
	struct worker *worker = arg;
	struct lock *lock = worker->config->lock;

	announce(ANNOUNCE_SEAT, &worker->seat);
	lock_acquire(lock, &worker->seat);
	if (!worker->config->held)
		lock_release(lock, &worker->seat);
	block(worker);
	if (!worker->config->held)
		lock_acquire(lock, &worker->seat);
	lock_release(lock, &worker->seat);
	return NULL;
}

static int prepare(struct worker *worker, const struct blockers_config *config)
{
	*worker = (struct worker){ .config = config, .client.socket = -1 };
	return config->what == BLOCKERS_ACCEPT ? start_client(worker) : 0;
}

static int finish(struct worker *worker)
{
	if (worker->config->what == BLOCKERS_ACCEPT) {
		pthread_join(worker->client.thread, NULL);
		sem_destroy(&worker->client.called);
		if (worker->client.error)
			worker->error = worker->client.error;
	}
	if (worker->client.socket >= 0)
		close(worker->client.socket);
	return worker->error;
}

/* What has been started before something fails ends with the process. */
static int run_threads(const struct blockers_config *config, struct worker *workers,
		       uint64_t *done)
{
	int err = 0;

	for (uint32_t i = 0; i < config->workers && !err; i++)
		err = prepare(&workers[i], config);
	for (uint32_t i = 0; i < config->workers && !err; i++)
		err = -pthread_create(&workers[i].thread, NULL, thread_main, &workers[i]);
	for (uint32_t i = 0; i < config->workers && !err; i++) {
		pthread_join(workers[i].thread, NULL);
		err = finish(&workers[i]);
		*done += !err;
	}
	return err;
}

struct household {
	const struct blockers_config *config;
	atomic_ullong *done;
};

static int process_main(void *arg, uint32_t index)
{
	const struct household *household = arg;
	struct worker worker;
	int err = prepare(&worker, household->config);

	(void)index;
	if (err)
		return err;
	block(&worker);
	err = finish(&worker);
	if (!err)
		atomic_fetch_add(household->done, 1);
	return err;
}

static int run_processes(const struct blockers_config *config, uint64_t *done)
{
	struct household household = { config, family_memory(sizeof(*household.done)) };
	struct family family = { 0 };
	int err = household.done ? 0 : -errno;

	for (uint32_t i = 0; i < config->workers && !err; i++)
		err = family_start(&family, process_main, &household);
	if (err)
		family_kill(&family);
	else
		err = family_wait(&family, 0);
	if (!err)
		*done = atomic_load(household.done);
	family_forget(household.done, sizeof(*household.done));
	return err;
}

int blockers_run(const struct blockers_config *config, uint64_t *done)
{
	struct worker *workers;
	int err;

	*done = 0;
	if (config->processes)
		return run_processes(config, done);
	workers = aligned_alloc(_Alignof(struct worker), config->workers * sizeof(*workers));
	if (!workers)
		return -ENOMEM;
	err = run_threads(config, workers, done);
	if (!err)
		free(workers);
	return err;
}
