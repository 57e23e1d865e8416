/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What mutexes.c and spinners.c have in common: threads that pass through critical sections
 * under one lock of the program's own, and count acquisitions and hand-offs inside them.
 *
 * The counts are the truth for a tracer that is told the lock's functions and nothing else.
 */
#ifndef SWITCHTAX_TESTS_CONTEST_H
#define SWITCHTAX_TESTS_CONTEST_H

#include <argp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "include/clock.h"

#define CONTEST_MAX_THREADS 256

struct contest_options {
	uint64_t threads;
	uint64_t count;		/* critical sections of each thread */
	uint64_t work;		/* steps of an empty loop inside one */
	uint64_t rest;		/* ... and between two */
};

struct contest {
	struct contest_options options;
	void (*lock)(void);
	void (*unlock)(void);
	pthread_barrier_t start;
	/* Under the lock. */
	pid_t owner;
	uint64_t acquisitions;
	uint64_t handoffs;	/* the owner before was another thread */
};

struct contestant {
	pthread_t thread;
	struct contest *contest;
	pid_t tid;
	uint64_t acquisitions;
};

static void contest_spend(uint64_t steps)
{
	for (volatile uint64_t i = 0; i < steps; i++)
		;
}

static void *contest_play(void *arg)
{
	struct contestant *self = arg;
	struct contest *contest = self->contest;

	self->tid = (pid_t)syscall(SYS_gettid);
	pthread_barrier_wait(&contest->start);
	for (uint64_t i = 0; i < contest->options.count; i++) {
		contest->lock();
		contest->handoffs += contest->owner && contest->owner != self->tid;
		contest->owner = self->tid;
		contest->acquisitions++;
		self->acquisitions++;
		contest_spend(contest->options.work);
		contest->unlock();
		contest_spend(contest->options.rest);
	}
	return NULL;
}

static const struct argp_option contest_argp_options[] = {
	{ "threads", 't', "N", 0, "how many (default: 4)", 0 },
	{ "count", 'n', "N", 0, "critical sections of each (default: 10000)", 0 },
	{ "work", 'w', "N", 0, "steps of an empty loop in each (default: 1000)", 0 },
	{ "rest", 'r', "N", 0, "steps between two (default: 100)", 0 },
	{ 0 },
};

static uint64_t contest_number(struct argp_state *state, const char *text, uint64_t low,
			       uint64_t high)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (*end || end == text || value < low || value > high)
		argp_error(state, "'%s' is not a whole number from %lu to %lu", text, low, high);
	return value;
}

static error_t contest_parse(int key, char *arg, struct argp_state *state)
{
	struct contest_options *options = state->input;

	switch (key) {
	case 't': options->threads = contest_number(state, arg, 1, CONTEST_MAX_THREADS); break;
	case 'n': options->count = contest_number(state, arg, 1, 1000000000); break;
	case 'w': options->work = contest_number(state, arg, 0, 1000000000); break;
	case 'r': options->rest = contest_number(state, arg, 0, 1000000000); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void contest_print(const struct contest *contest, const struct contestant *contestants,
			  uint64_t wall_ns)
{
	printf("wall_ns %lu\nthreads %lu\n", wall_ns, contest->options.threads);
	printf("acquisitions %lu\nhandoffs %lu\n", contest->acquisitions, contest->handoffs);
	for (uint64_t i = 0; i < contest->options.threads; i++)
		printf("acquisitions_%d %lu\n", contestants[i].tid, contestants[i].acquisitions);
}

/* All of main(): returns the program's exit status, 1 if an acquisition was lost: no lock. */
static int contest_main(int argc, char **argv, const char *doc, void (*lock)(void),
			void (*unlock)(void))
{
	const struct argp argp = { contest_argp_options, contest_parse, NULL, doc,
				   NULL, NULL, NULL };
	static struct contestant contestants[CONTEST_MAX_THREADS];
	struct contest contest = { .lock = lock, .unlock = unlock };
	uint64_t count, start;

	contest.options = (struct contest_options){ 4, 10000, 1000, 100 };
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &contest.options);
	count = contest.options.threads;
	pthread_barrier_init(&contest.start, NULL, (unsigned int)count);
	start = clock_now_ns();
	for (uint64_t i = 0; i < count; i++) {
		contestants[i].contest = &contest;
		if (pthread_create(&contestants[i].thread, NULL, contest_play, &contestants[i])) {
			fprintf(stderr, "%s: cannot start a thread\n", argv[0]);
			exit(1);
		}
	}
	for (uint64_t i = 0; i < count; i++)
		pthread_join(contestants[i].thread, NULL);
	contest_print(&contest, contestants, clock_now_ns() - start);
	return contest.acquisitions != count * contest.options.count;
}

#endif
