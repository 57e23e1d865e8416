// SPDX-License-Identifier: GPL-2.0-or-later
// Threads that share an object count references to it: are updates lost?
//
// Each thread takes references, all meet, and each drops as many as it took. What the count should
// be is known at both meetings; what it is short of, or too much, was lost. The first reference is
// the program's own and is kept throughout, so that a count that comes to 0 is a fault as well: an
// interpreter would have freed the object then, with references to it still held.
//
// A plain count can lose something only while threads count at the same time. On a busy machine
// they may never do so in a short run, so the threads go on until they have been seen to meet, or
// until the time limit. Losses have no say in when to stop.
//
// A spin lock that serves in order all but stands still with more threads than CPUs: one operation
// may take a time slice. So nobody who counts looks at a clock for the limit: the main thread waits
// for it, and what it then says is seen before each operation under a lock.
#include <argp.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "kit/arguments.h"
#include "counting/counter.h"
#include "crowd/crew.h"
#include "kit/evidence.h"

#define MEETINGS 30			/* stretches of counting with another thread at it */
#define MOST_REFERENCES 1000000000ULL	/* of one thread */
#define STRETCH 1024			/* operations, at most */
#define STRETCH_LOCKED 64		/* the same under a lock, which may end it before */

struct options {
	struct counter counter;
	uint32_t workers;
	uint64_t pairs;
	uint64_t interval_ns;
	uint64_t limit_ns;
};

/* What one thread has done; on cache lines that no other thread writes. */
struct record {
	_Alignas(64) atomic_ulong taken;	/* by now */
	uint64_t dropped;
};

struct race {
	struct options options;
	struct crew crew;
	struct record *records;
	struct counted *object;
	struct counted *stretch[STRETCH];	/* the object, so many times over */
	size_t stretch_length;
	bool can_meet;
	_Alignas(64) atomic_bool time_over;
	pthread_mutex_t mutex;			/* guards the next two */
	pthread_cond_t ready;
	uint32_t at_work;			/* threads that still take, or drop */
	_Alignas(64) atomic_ulong meetings;
	int64_t lost;
};

static const struct argp_option argp_options[] = {
	{ "scheme", 's', "NAME", 0, "how to count: " COUNT_NAMES " (default: plain)", 0 },
	{ "lock", 'l', "NAME", 0, "plain counts under a lock instead: " LOCK_NAMES, 0 },
	{ "workers", 'w', "N", 0, "threads (default: 4)", 0 },
	{ "pairs", 'n', "N", 0,
	  "references that each takes and drops, at least (default: 200000)", 0 },
	{ "interval-us", 'i', "N", 0,
	  "switch interval of the lock in microseconds (default: 100)", 0 },
	{ "time-limit-ms", 't', "N", 0,
	  "take no more references after this time, and drop no more after as much again "
	  "(default: 1000)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 's': counter_take_scheme(&options->counter, state, arg); break;
	case 'l': counter_take_lock(&options->counter, state, arg); break;
	case 'w':
		options->workers = (uint32_t)argument_number(state, "workers", arg, 1, 1024);
		break;
	case 'n': options->pairs = argument_number(state, "pairs", arg, 1, MOST_REFERENCES); break;
	case 'i': options->interval_ns = argument_interval_ns(state, arg); break;
	case 't':
		options->limit_ns = 1000 * NSEC_PER_USEC *
				    argument_number(state, "time-limit-ms", arg, 1, 600000);
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* How often a reference seemed to be the last one, which it never is. */
static atomic_ulong freed_early;

static void would_free(const struct count_scheme *scheme, struct counted *object)
{
	(void)scheme;
	(void)object;
	atomic_fetch_add_explicit(&freed_early, 1, memory_order_relaxed);
}

static const struct count_type immortal_type = { "immortal", would_free };

/* What the other threads have done, as one number that only ever grows. */
static uint64_t progress_of_others(const struct race *race, const struct record *own)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < race->options.workers; i++)
		if (&race->records[i] != own)
			sum += atomic_load_explicit(&race->records[i].taken,
						    memory_order_relaxed);
	return sum;
}

/* How often this thread has lost or given up its CPU, as the kernel counts it. */
static uint64_t switches_of_mine(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
}

static bool time_over(const struct race *race)
{
	return atomic_load_explicit(&race->time_over, memory_order_relaxed);
}

/* Up to that many operations, fewer if the time is over. Returns how many. */
static size_t count_some(struct race *race, struct crew_member *member, size_t most,
			 void (*each)(struct counter *counter, struct announce_seat *seat,
				      struct counted *const *objects, size_t count))
{
	struct counter *counter = &race->options.counter;
	size_t done;

	if (!counter->lock) {
		each(counter, &member->seat, race->stretch, most);
		return most;
	}
	for (done = 0; done < most && !time_over(race); done++)
		each(counter, &member->seat, race->stretch, 1);
	return done;
}

/*
 * One stretch, and whether another thread counted during it. A thread that has kept its CPU
 * throughout and finds the others further than before has counted side by side with them. One
 * that waits for a lock has met them when they pass it.
 */
static bool take_some(struct race *race, struct crew_member *member, uint64_t *switches)
{
	struct record *own = &race->records[member->number];
	uint64_t others = progress_of_others(race, own);
	uint64_t before = *switches;
	size_t count = count_some(race, member, race->stretch_length, counter_incref_each);

	atomic_fetch_add_explicit(&own->taken, count, memory_order_relaxed);
	others = progress_of_others(race, own) - others;
	*switches = switches_of_mine();
	return others && (*switches == before || counter_sleeps(&race->options.counter));
}

static bool enough_taken(const struct race *race, const struct record *own)
{
	uint64_t taken = atomic_load_explicit(&own->taken, memory_order_relaxed);

	if (taken >= MOST_REFERENCES || time_over(race))
		return true;
	return taken >= race->options.pairs &&
	       (!race->can_meet || atomic_load_explicit(&race->meetings, memory_order_relaxed) >=
					   MEETINGS);
}

static void take_references(struct race *race, struct crew_member *member)
{
	const struct record *own = &race->records[member->number];
	uint64_t switches = switches_of_mine();

	counter_begin(&race->options.counter, &member->seat);
	do {
		if (take_some(race, member, &switches))
			atomic_fetch_add_explicit(&race->meetings, 1, memory_order_relaxed);
	} while (!enough_taken(race, own));
	counter_end(&race->options.counter, &member->seat);
}

/* All of them, unless the lock is so slow that the time is over. */
static void drop_references(struct race *race, struct crew_member *member)
{
	struct record *own = &race->records[member->number];
	uint64_t taken = atomic_load_explicit(&own->taken, memory_order_relaxed);

	counter_begin(&race->options.counter, &member->seat);
	while (own->dropped < taken && !time_over(race)) {
		uint64_t left = taken - own->dropped;

		own->dropped += count_some(race, member, left < race->stretch_length ? left :
					   race->stretch_length, counter_decref_each);
		count_settle(race->options.counter.scheme);
	}
	counter_end(&race->options.counter, &member->seat);
}

/* The last one to come to the end of its work wakes who watches. */
static void work_is_done(struct race *race)
{
	pthread_mutex_lock(&race->mutex);
	if (--race->at_work == 0)
		pthread_cond_signal(&race->ready);
	pthread_mutex_unlock(&race->mutex);
}

/* The first one is the object's maker, hence its owner where there is such a thing. */
static void work(struct crew_member *member)
{
	struct race *race = member->crew->job;
	const struct count_scheme *scheme = race->options.counter.scheme;

	count_enter(scheme);
	if (member->number == 0)
		race->object = scheme->make(&immortal_type, 0);
	crew_meet(member->crew);
	crew_meet(member->crew);	/* the window is open */
	if (race->object)
		take_references(race, member);
	work_is_done(race);
	crew_meet(member->crew);
	crew_meet(member->crew);	/* the count is read */
	if (race->object)
		drop_references(race, member);
	work_is_done(race);
	crew_meet(member->crew);
	crew_meet(member->crew);	/* and again */
	count_leave(scheme);
}

static uint64_t taken_by_all(const struct race *race)
{
	return progress_of_others(race, NULL);
}

static uint64_t dropped_by_all(const struct race *race)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < race->options.workers; i++)
		sum += race->records[i].dropped;
	return sum;
}

/* Lets the threads work until they are through, or the time is over. */
static void let_work(struct race *race)
{
	struct timespec until = clock_timespec(clock_now_ns() + race->options.limit_ns);
	int err = 0;

	race->at_work = race->options.workers;
	atomic_store(&race->time_over, false);
	crew_meet(&race->crew);
	pthread_mutex_lock(&race->mutex);
	while (race->at_work && !err)
		err = pthread_cond_clockwait(&race->ready, &race->mutex, CLOCK_MONOTONIC, &until);
	pthread_mutex_unlock(&race->mutex);
	atomic_store(&race->time_over, true);
	crew_meet(&race->crew);
}

/* From one meeting to the next; the count is read while nobody counts. */
static void watch(struct race *race, struct window *window)
{
	const struct counter *counter = &race->options.counter;
	struct crew *crew = &race->crew;
	int64_t before = 0, after = 0;

	crew_meet(crew);
	for (size_t i = 0; i < STRETCH; i++)
		race->stretch[i] = race->object;
	window_open(window, counter_page(counter));
	let_work(race);
	if (race->object)
		before = counter->scheme->read(race->object);
	let_work(race);
	window_close(window);
	if (race->object)
		after = counter->scheme->read(race->object);
	crew_meet(crew);
	race->lost = llabs(1 + (int64_t)taken_by_all(race) - before) +
		     llabs(before - (int64_t)dropped_by_all(race) - after);
}

static void print_result(const struct race *race, const struct window *window)
{
	const struct counter *counter = &race->options.counter;
	const char *name = counter_name(counter);

	window_print(window);
	if (counter_page(counter))
		printf("acquisitions %llu\nreleases %llu\nhandoffs %llu\n",
		       counter->lock->page.acquisitions, counter->lock->page.releases,
		       counter->lock->page.handoffs);
	evidence("race_lost", name, (double)race->lost, "count");
	evidence("race_asked", name, 2.0 * race->options.workers * (double)race->options.pairs,
		 "count");
	evidence("race_operations", name, (double)(taken_by_all(race) + dropped_by_all(race)),
		 "count");
	evidence("race_meetings", name, (double)race->meetings, "count");
	evidence("race_freed_early", name, (double)freed_early, "count");
}

/* Two threads can count side by side on two CPUs, or when they wait for each other anyway. */
static bool threads_can_meet(const struct options *options)
{
	cpu_set_t set;

	if (options->workers < 2)
		return false;
	return counter_sleeps(&options->counter) ||
	       (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 1);
}

static int run(struct race *race)
{
	struct window window;
	int err = counter_open(&race->options.counter, race->options.interval_ns);

	if (err)
		return err;
	race->can_meet = threads_can_meet(&race->options);
	race->stretch_length = counter_sleeps(&race->options.counter) ? STRETCH_LOCKED : STRETCH;
	race->records = aligned_alloc(_Alignof(struct record),
				      race->options.workers * sizeof(*race->records));
	err = race->records ? 0 : -ENOMEM;
	if (!err) {
		memset(race->records, 0, race->options.workers * sizeof(*race->records));
		err = crew_start(&race->crew, race->options.workers, work, race);
	}
	if (!err) {
		watch(race, &window);
		crew_end(&race->crew);
		err = race->object ? 0 : -ENOMEM;
	}
	if (!err) {
		print_result(race, &window);
		race->options.counter.scheme->free(race->object);
	}
	free(race->records);
	counter_close(&race->options.counter);
	return err;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Threads count references to one object they share: are updates lost?",
		NULL, NULL, NULL };
	struct race race = {
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.ready = PTHREAD_COND_INITIALIZER,
		.options = { .counter = { .scheme = &count_plain }, .workers = 4, .pairs = 200000,
			     .interval_ns = 100 * NSEC_PER_USEC,
			     .limit_ns = 1000000 * NSEC_PER_USEC },
	};
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &race.options);
	err = run(&race);
	if (err)
		fprintf(stderr, "race: %s: %s\n", counter_name(&race.options.counter),
			strerror(-err));
	return err ? 1 : 0;
}
