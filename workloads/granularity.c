// SPDX-License-Identifier: GPL-2.0-or-later
// What one count operation costs, by scheme or lock, with objects of one's own or shared ones.
//
// Each thread takes a reference to each of its objects, some at a time, and drops them again, as
// copying a list and dropping the copy does. Objects are made by the thread that counts them;
// shared ones by the first thread, which the biased scheme then lets count without atomics.
//
// The price is the time that threads spent counting, over all of them, by the operations that they
// did: with more threads than CPUs it grows for every scheme alike, and under a lock that only one
// can hold it grows with the threads that wait.
#include <argp.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kit/arguments.h"
#include "counting/counter.h"
#include "crowd/crew.h"
#include "kit/evidence.h"

#define STRETCH 64		/* objects between two looks at whether the time is over */

struct options {
	struct counter counter;
	uint32_t workers;
	bool shared;
	uint64_t objects;
	uint64_t ms;
	uint64_t interval_ns;
};

/* One thread's; on cache lines that no other thread writes. */
struct record {
	_Alignas(64) struct counted **objects;	/* NULL: no memory */
	uint64_t operations;
	uint64_t ns;
};

struct granularity {
	struct options options;
	struct crew crew;
	struct record *records;
	pthread_mutex_t making;
	bool failed;			/* an object could not be made */
	size_t chunk_bytes;		/* what malloc takes for one */
	_Alignas(64) atomic_bool over;
};

static const struct argp_option argp_options[] = {
	{ "scheme", 's', "NAME", 0, "how to count: " COUNT_NAMES " (default: plain)", 0 },
	{ "lock", 'l', "NAME", 0, "plain counts under a lock instead: " LOCK_NAMES, 0 },
	{ "workers", 'w', "N", 0, "threads (default: 1)", 0 },
	{ "shared", 'S', "YES", 0, "yes: all count the same objects; no: their own (default: no)",
	  0 },
	{ "objects", 'n', "N", 0, "objects of a thread, or shared ones (default: 1024)", 0 },
	{ "ms", 'm', "N", 0, "milliseconds to count for (default: 50)", 0 },
	{ "interval-us", 'i', "N", 0,
	  "switch interval of the lock in microseconds (default: 5000)", 0 },
	{ 0 },
};

static bool yes_or_no(struct argp_state *state, const char *text)
{
	bool yes = strcmp(text, "yes") == 0;

	if (!yes && strcmp(text, "no") != 0)
		argp_error(state, "--shared: '%s' is not one of yes, no", text);
	return yes;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 's': counter_take_scheme(&options->counter, state, arg); break;
	case 'l': counter_take_lock(&options->counter, state, arg); break;
	case 'w':
		options->workers = (uint32_t)argument_number(state, "workers", arg, 1, 1024);
		break;
	case 'S': options->shared = yes_or_no(state, arg); break;
	case 'n': options->objects = argument_number(state, "objects", arg, 1, 1 << 24); break;
	case 'm': options->ms = argument_number(state, "ms", arg, 1, 60000); break;
	case 'i': options->interval_ns = argument_interval_ns(state, arg); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/*
 * The object stays when its last reference seems gone: plain counts of shared objects go wrong,
 * and what is measured is counting.
 */
static void stay(const struct count_scheme *scheme, struct counted *object)
{
	(void)scheme;
	(void)object;
}

static const struct count_type immortal_type = { "immortal", stay };

/* One thread at a time, so that the objects of two do not come to lie on the same cache lines. */
static void make_objects(struct granularity *all, struct record *record)
{
	uint64_t count = all->options.objects;

	pthread_mutex_lock(&all->making);
	record->objects = calloc(count, sizeof(*record->objects));
	all->failed |= !record->objects;
	for (uint64_t i = 0; record->objects && i < count; i++) {
		record->objects[i] = all->options.counter.scheme->make(&immortal_type, 0);
		all->failed |= !record->objects[i];
	}
	/* With its size word; the rest is the room up to the next multiple of 16. */
	if (!all->failed)
		all->chunk_bytes = malloc_usable_size(record->objects[0]) + sizeof(size_t);
	pthread_mutex_unlock(&all->making);
}

static void free_objects(struct granularity *all, struct record *record)
{
	for (uint64_t i = 0; record->objects && i < all->options.objects; i++)
		if (record->objects[i])
			all->options.counter.scheme->free(record->objects[i]);
	free(record->objects);
}

/* From its own place on, so that threads with the same objects are not all at the same one. */
static uint64_t count_until_over(struct granularity *all, struct crew_member *member,
				 struct counted *const *objects)
{
	struct counter *counter = &all->options.counter;
	uint64_t count = all->options.objects;
	uint64_t at = count * member->number / all->options.workers;
	uint64_t operations = 0;

	counter_begin(counter, &member->seat);
	do {	/* once at least, however late it came to be run */
		uint64_t some = count - at < STRETCH ? count - at : STRETCH;

		counter_incref_each(counter, &member->seat, objects + at, some);
		counter_decref_each(counter, &member->seat, objects + at, some);
		count_settle(counter->scheme);
		operations += 2 * some;
		at = at + some == count ? 0 : at + some;
	} while (!atomic_load_explicit(&all->over, memory_order_relaxed));
	counter_end(counter, &member->seat);
	return operations;
}

static void work(struct crew_member *member)
{
	struct granularity *all = member->crew->job;
	struct record *record = &all->records[member->number];
	const struct record *source = all->options.shared ? all->records : record;
	const struct count_scheme *scheme = all->options.counter.scheme;

	count_enter(scheme);
	if (source == record)
		make_objects(all, record);
	crew_meet(member->crew);
	crew_meet(member->crew);	/* the window is open */
	if (!all->failed) {
		uint64_t began_ns = clock_now_ns();

		record->operations = count_until_over(all, member, source->objects);
		record->ns = clock_now_ns() - began_ns;
	}
	crew_meet(member->crew);
	crew_meet(member->crew);	/* the window is closed */
	count_leave(scheme);
}

static void watch(struct granularity *all, struct window *window)
{
	struct timespec time = clock_timespec(all->options.ms * 1000 * NSEC_PER_USEC);

	crew_meet(&all->crew);
	window_open(window, counter_page(&all->options.counter));
	crew_meet(&all->crew);
	if (!all->failed)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
	atomic_store_explicit(&all->over, true, memory_order_relaxed);
	crew_meet(&all->crew);
	window_close(window);
	crew_meet(&all->crew);
}

static void print_result(const struct granularity *all, const struct window *window)
{
	const struct counter *counter = &all->options.counter;
	uint64_t operations = 0, ns = 0;
	char variant[64];

	for (uint32_t i = 0; i < all->options.workers; i++) {
		operations += all->records[i].operations;
		ns += all->records[i].ns;
	}
	snprintf(variant, sizeof(variant), "%s.%s", counter_name(counter),
		 all->options.shared ? "shared" : "private");
	window_print(window);
	if (counter_page(counter))
		printf("acquisitions %llu\nreleases %llu\nhandoffs %llu\n",
		       counter->lock->page.acquisitions, counter->lock->page.releases,
		       counter->lock->page.handoffs);
	evidence("count_operations", variant, (double)operations, "count");
	evidence("count_ns", variant, (double)ns / (double)operations, "ns");
	evidence("count_bytes", counter_name(counter), (double)counter->scheme->bytes, "bytes");
	evidence("count_chunk_bytes", counter_name(counter), (double)all->chunk_bytes, "bytes");
}

static int run_crew(struct granularity *all)
{
	struct window window;
	int err = crew_start(&all->crew, all->options.workers, work, all);

	if (err)
		return err;
	watch(all, &window);
	crew_end(&all->crew);
	if (all->failed)
		err = -ENOMEM;
	else
		print_result(all, &window);
	for (uint32_t i = 0; i < all->options.workers; i++)
		free_objects(all, &all->records[i]);
	return err;
}

static int run(struct granularity *all)
{
	size_t bytes = all->options.workers * sizeof(*all->records);
	int err = counter_open(&all->options.counter, all->options.interval_ns);

	if (err)
		return err;
	all->records = aligned_alloc(_Alignof(struct record), bytes);
	if (all->records) {
		memset(all->records, 0, bytes);
		err = run_crew(all);
		free(all->records);
	} else {
		err = -ENOMEM;
	}
	counter_close(&all->options.counter);
	return err;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Time one count operation.", NULL, NULL, NULL };
	struct granularity all = {
		.options = { .counter = { .scheme = &count_plain }, .workers = 1, .objects = 1024,
			     .ms = 50, .interval_ns = 5000 * NSEC_PER_USEC },
		.making = PTHREAD_MUTEX_INITIALIZER,
	};
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &all.options);
	err = run(&all);
	if (err)
		fprintf(stderr, "granularity: %s: %s\n", counter_name(&all.options.counter),
			strerror(-err));
	return err ? 1 : 0;
}
