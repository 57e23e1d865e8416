// SPDX-License-Identifier: GPL-2.0-or-later
// The price of taking and releasing a lock that nobody else wants.
//
// Prints the wall time of the best of several equal batches: interruptions only ever
// add, so the least disturbed batch is the price.
#include <argp.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "kit/arguments.h"
#include "locks/lock.h"

#define BATCHES 9

struct options {
	const struct lock_kind *kind;
	uint64_t pairs;		/* per batch */
};

struct job {
	struct lock *lock;
	struct announce_seat seat;
	uint64_t pairs;
	uint64_t best_ns;
};

static const struct argp_option argp_options[] = {
	{ "lock", 'l', "NAME", 0, "the lock: " LOCK_NAMES " (default: gil)", 0 },
	{ "pairs", 'n', "N", 0, "acquisitions and releases in a batch (default: 20000)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'l':
		options->kind = argument_lock(state, "lock", arg);
		return 0;
	case 'n':
		options->pairs = argument_number(state, "pairs", arg, 1, 1000000000);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static uint64_t batch_ns(struct job *job)
{
	uint64_t start = clock_now_ns();

	for (uint64_t i = 0; i < job->pairs; i++) {
		lock_acquire(job->lock, &job->seat);
		lock_release(job->lock, &job->seat);
	}
	return clock_now_ns() - start;
}

/* In a thread of its own, as in the arms: some locks are cheaper without threads. */
static void *time_batches(void *arg)
{
	struct job *job = arg;

	announce(ANNOUNCE_SEAT, &job->seat);
	job->best_ns = UINT64_MAX;
	for (int i = 0; i < BATCHES; i++) {
		uint64_t ns = batch_ns(job);

		if (ns < job->best_ns)
			job->best_ns = ns;
	}
	return NULL;
}

static int run(struct job *job)
{
	const struct announce_lock *page = lock_page(job->lock);
	pthread_t thread;
	int err;

	announce(ANNOUNCE_WINDOW_OPEN, page);
	err = -pthread_create(&thread, NULL, time_batches, job);
	if (!err)
		pthread_join(thread, NULL);
	announce(ANNOUNCE_WINDOW_CLOSE, page);
	return err;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Time a lock that nobody else wants.", NULL, NULL, NULL };
	struct options options = { .kind = &lock_gil, .pairs = 20000 };
	struct job job = { 0 };
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	job.pairs = options.pairs;
	job.lock = lock_new(options.kind, 5000 * NSEC_PER_USEC);
	err = job.lock ? run(&job) : -errno;
	lock_free(job.lock);
	if (err)
		fprintf(stderr, "lockcost: %s\n", strerror(-err));
	else
		printf("wall_ns %lu\npairs %lu\n", job.best_ns, job.pairs);
	return err ? 1 : 0;
}
