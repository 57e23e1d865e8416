// SPDX-License-Identifier: GPL-2.0-or-later
// Threads that want one lock all the time.
#include "crowd/contention.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct contention;

struct contender {
	struct announce_seat seat;
	struct contention *all;
	_Atomic uint64_t done;		/* steps; others look at it */
	uint64_t began_ns, ended_ns;
	pthread_t thread;
};

struct contention {
	const struct contention_config *config;
	struct lock *lock;
	struct contender *contenders;
	struct contention_result *result;
	/*
	 * Plain: read, added to and written in three steps, none of them atomic. volatile only
	 * keeps the compiler from saving up the steps of several turns in a register.
	 */
	_Alignas(64) volatile uint64_t counter;
	_Alignas(64) atomic_bool stop;
	atomic_bool compared;
	pthread_mutex_t mutex;		/* guards the rest */
	pthread_cond_t changed;
	bool open;			/* all threads are there: go */
	uint32_t finished;
};

/* How far each has come. Once per run, by whoever is first to ask. */
static void compare(struct contention *all)
{
	uint64_t sum = 0, least = UINT64_MAX, most = 0;
	double mean;

	if (atomic_exchange(&all->compared, true))
		return;
	for (uint32_t i = 0; i < all->config->workers; i++) {
		uint64_t done = atomic_load_explicit(&all->contenders[i].done,
						     memory_order_relaxed);

		sum += done;
		least = done < least ? done : least;
		most = done > most ? done : most;
	}
	mean = (double)sum / all->config->workers;
	all->result->share_min = sum ? (double)least / mean : 0;
	all->result->share_max = sum ? (double)most / mean : 0;
}

/* Compared before the lock is let go for good: nobody gets on meanwhile. */
static void contend(struct contention *all, struct contender *self)
{
	struct lock *lock = all->lock;
	uint64_t done = 0;

	lock_enter(lock, &self->seat);
	while (done < all->config->steps &&
	       !atomic_load_explicit(&all->stop, memory_order_relaxed)) {
		lock_step_begin(lock, &self->seat);
		all->counter = all->counter + 1;
		lock_step_end(lock, &self->seat);
		atomic_store_explicit(&self->done, ++done, memory_order_relaxed);
	}
	if (done == all->config->steps)
		compare(all);
	lock_leave(lock, &self->seat);
}

static void wait_for_the_others(struct contention *all)
{
	pthread_mutex_lock(&all->mutex);
	while (!all->open)
		pthread_cond_wait(&all->changed, &all->mutex);
	pthread_mutex_unlock(&all->mutex);
}

static void *contender_main(void *arg)
{
	struct contender *self = arg;
	struct contention *all = self->all;

	announce(ANNOUNCE_SEAT, &self->seat);
	wait_for_the_others(all);
	self->began_ns = clock_now_ns();
	contend(all, self);
	self->ended_ns = clock_now_ns();
	pthread_mutex_lock(&all->mutex);
	all->finished++;
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->mutex);
	return NULL;
}

/* Opens the gate, and waits for all threads or the time limit. */
static void watch(struct contention *all)
{
	struct timespec until = clock_timespec(clock_now_ns() + all->config->time_limit_ns);
	int err = 0;

	pthread_mutex_lock(&all->mutex);
	all->open = true;
	pthread_cond_broadcast(&all->changed);
	while (all->finished < all->config->workers && !err)
		err = pthread_cond_clockwait(&all->changed, &all->mutex, CLOCK_MONOTONIC, &until);
	all->result->timed_out = all->finished < all->config->workers;
	pthread_mutex_unlock(&all->mutex);
	if (!all->result->timed_out)
		return;
	compare(all);
	atomic_store(&all->stop, true);
}

static void add_up(struct contention *all)
{
	uint64_t began = UINT64_MAX, ended = 0;

	for (uint32_t i = 0; i < all->config->workers; i++) {
		const struct contender *one = &all->contenders[i];

		all->result->steps += atomic_load(&one->done);
		began = one->began_ns < began ? one->began_ns : began;
		ended = one->ended_ns > ended ? one->ended_ns : ended;
	}
	all->result->counter = all->counter;
	all->result->busy_ns = ended - began;
}

static int run_contenders(struct contention *all)
{
	uint32_t started;
	int err = 0;

	for (started = 0; started < all->config->workers && !err; started++) {
		struct contender *one = &all->contenders[started];

		one->all = all;
		err = -pthread_create(&one->thread, NULL, contender_main, one);
	}
	if (err) {
		/* Those that have been started leave without a step. */
		started--;
		atomic_store(&all->stop, true);
		pthread_mutex_lock(&all->mutex);
		all->open = true;
		pthread_cond_broadcast(&all->changed);
		pthread_mutex_unlock(&all->mutex);
	} else {
		watch(all);
	}
	for (uint32_t i = 0; i < started; i++)
		pthread_join(all->contenders[i].thread, NULL);
	return err;
}

int contention_run(const struct contention_config *config, struct lock *lock,
		   struct contention_result *result)
{
	struct contention all = { .config = config, .lock = lock, .result = result,
				  .mutex = PTHREAD_MUTEX_INITIALIZER,
				  .changed = PTHREAD_COND_INITIALIZER };
	size_t bytes = config->workers * sizeof(*all.contenders);
	int err;

	*result = (struct contention_result){ 0 };
	all.contenders = aligned_alloc(_Alignof(struct contender), bytes);
	if (!all.contenders)
		return -ENOMEM;
	memset(all.contenders, 0, bytes);
	err = run_contenders(&all);
	if (!err)
		add_up(&all);
	free(all.contenders);
	return err;
}
