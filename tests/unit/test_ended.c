// SPDX-License-Identifier: GPL-2.0-or-later
// Threads that have left their places are summed without a loss, and none escapes its identities.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/ledger/ended.h"

#define MS 1000000ULL
#define START (1000 * MS)
#define WINDOW (100 * MS)
#define MANY 20000

static const struct ledger_bounds unknown = { 0, UINT64_MAX, 0 };

static struct ledger_ended ended;
static struct thread_record root;
static struct trace trace;

/* Asleep for half of its life. */
static struct thread_record make_thread(uint64_t number, uint64_t born, uint64_t died)
{
	struct thread_record thread = {
		.number = number, .slot = 1 + (uint32_t)number % 7, .tid = 100 + (uint32_t)number,
		.leader = 100, .state = THREAD_DEAD, .born_ns = born, .died_ns = died, .comm = "t",
		.switches = { 3, 1 }, .kernel_base = { 2, 0 }, .kernel_end = { 5, 1 },
		.migrations = 2,
	};

	thread.ns[THREAD_CPU] = (died - born) / 4;
	thread.ns[THREAD_READY] = (died - born) / 4;
	thread.ns[THREAD_BLOCKED] = died - born - 2 * ((died - born) / 4);
	return thread;
}

static int set_up(void **state)
{
	(void)state;
	root = make_thread(1, START, START + WINDOW);
	trace = (struct trace){ .start_ns = START, .end_ns = START + WINDOW, .opened = true,
				.closed = true, .threads = &root, .nthreads = 1, .ended = &ended,
				.bpf_ns = UINT64_MAX };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ledger_ended__free(&ended);
	return 0;
}

static void end(const struct thread_record *thread, const struct trace_futex *futexes,
		size_t nfutexes)
{
	const struct trace_ended one = { .thread = thread, .futexes = futexes,
					 .nfutexes = nfutexes, .start_ns = START,
					 .end_ns = UINT64_MAX };

	assert_int_equal(ledger_ended__add(&ended, &one), 0);
}

/* The later, the longer: by numbers from 2 on. */
static void end_many(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct thread_record thread = make_thread(2 + i, START + i, START + 2 * i + 1000);

		end(&thread, NULL, 0);
	}
}

static void settle(struct ledger *ledger)
{
	assert_int_equal(ledger__settle(&trace, &unknown, ledger), 0);
}

static void few_have_rows_in_the_order_of_their_births(void **state)
{
	struct ledger ledger;

	(void)state;
	end_many(100);
	settle(&ledger);
	assert_true(ledger.valid);
	assert_int_equal(ledger.nthreads, 101);
	assert_int_equal(ledger.lived, 101);
	for (size_t i = 0; i < ledger.nthreads; i++) {
		assert_int_equal(ledger.threads[i].number, i + 1);
		assert_int_equal(ledger.threads[i].threads, 1);
	}
	ledger__free(&ledger);
}

static void many_add_up_in_the_last_row(void **state)
{
	uint64_t life = 0, asleep = 0, voluntary = 0, kernel = 0, threads = 0, want = WINDOW;
	struct ledger ledger;

	(void)state;
	end_many(MANY);
	settle(&ledger);
	assert_true(ledger.valid);
	assert_int_equal(ledger.lived, MANY + 1);
	assert_int_equal(ledger.nthreads, LEDGER_ROWS + 1);
	for (size_t i = 0; i < ledger.nthreads; i++) {
		life += ledger.threads[i].life_ns;
		asleep += ledger.threads[i].ns[THREAD_BLOCKED];
		voluntary += ledger.threads[i].switches[VOLUNTARY];
		kernel += ledger.threads[i].kernel[VOLUNTARY];
		threads += ledger.threads[i].threads;
	}
	for (uint64_t i = 0; i < MANY; i++)
		want += i + 1000;
	assert_int_equal(life, want);
	assert_true(asleep >= want / 2 && asleep <= want / 2 + 2 * MANY);
	assert_int_equal(threads, MANY + 1);
	assert_int_equal(voluntary, 3 * (MANY + 1));
	assert_int_equal(kernel, 3 * (MANY + 1));
	assert_int_equal(ledger.switches[VOLUNTARY], 3 * (MANY + 1));
	assert_int_equal(ledger.migrations, 2 * (MANY + 1));
	/* The first of the run stays, and then the longest lives: the last ones. */
	assert_int_equal(ledger.threads[0].number, 1);
	assert_int_equal(ledger.threads[1].number, MANY + 1 - (LEDGER_ROWS - 2));
	assert_int_equal(ledger.threads[LEDGER_ROWS].tid, 0);
	assert_string_equal(ledger.threads[LEDGER_ROWS].comm, "others");
	ledger__free(&ledger);
}

/* However short it lived. */
static void a_thread_that_used_the_lock_stays(void **state)
{
	struct thread_record thread = make_thread(2, START, START + 400);
	struct ledger ledger;

	(void)state;
	thread.acquisitions = 1;
	end(&thread, NULL, 0);
	for (uint64_t i = 3; i < MANY; i++) {
		thread = make_thread(i, START, START + 4000);
		end(&thread, NULL, 0);
	}
	settle(&ledger);
	assert_int_equal(ledger.threads[1].number, 2);
	ledger__free(&ledger);
}

/* Among 20,000 that are summed, one is wrong. */
static void a_broken_identity_is_told_of_whoever_breaks_it(void **state)
{
	struct thread_record wrong = make_thread(MANY + 2, START, START + 400);
	struct ledger ledger;

	(void)state;
	wrong.kernel_end[VOLUNTARY]++;
	end(&wrong, NULL, 0);
	end_many(MANY);
	settle(&ledger);
	assert_false(ledger.valid);
	assert_non_null(strstr(ledger.reason, "T2: thread 20102 has 3 voluntary switches"));
	for (size_t i = 0; i < ledger.nthreads; i++)
		assert_int_not_equal(ledger.threads[i].tid, 20102);
	ledger__free(&ledger);
}

static void who_ended_before_the_window_is_nobody(void **state)
{
	struct thread_record early = make_thread(2, START - 2 * MS, START - MS);
	struct ledger ledger;

	(void)state;
	early.ns[THREAD_CPU] = 7;	/* and does not break T1 */
	end(&early, NULL, 0);
	settle(&ledger);
	assert_true(ledger.valid);
	assert_int_equal(ledger.lived, 1);
	ledger__free(&ledger);
}

/* What they have taken counts, though the lock has no other word for them. */
static void the_lock_counts_those_that_are_gone(void **state)
{
	struct thread_record thread = make_thread(2, START, START + MS);
	struct watched_process watched = { .tgid = 1, .pid = 1 };
	struct lock_record lock = { .index = 2, .watched = 1, .known = 1, .acquisitions = 1,
				    .releases = 1, .free_since_ns = START + WINDOW,
				    .ns = { [HELD_RUNNING] = 60 * MS, [FREE_IDLE] = 40 * MS } };
	struct ledger ledger;

	(void)state;
	thread.acquisitions = 1;
	end(&thread, NULL, 0);
	trace.locks = &lock;
	trace.nlocks = 1;
	trace.watched = &watched;
	trace.nwatched = 1;
	settle(&ledger);
	assert_string_equal(ledger.reason, "");
	assert_int_equal(ledger.acquisitions, 1);
	ledger__free(&ledger);
	trace.nlocks = 0;
	trace.nwatched = 0;
}

/* The events of a timeline name them. */
static void every_thread_has_a_row_where_there_is_a_timeline(void **state)
{
	struct thread_record *threads = calloc(MANY, sizeof(*threads));
	struct ledger ledger;

	(void)state;
	assert_non_null(threads);
	for (uint64_t i = 0; i < MANY; i++)
		threads[i] = make_thread(i + 1, START + i, START + 2 * i + 1000);
	trace.threads = threads;
	trace.nthreads = MANY;
	trace.ended = NULL;
	settle(&ledger);
	assert_int_equal(ledger.nthreads, LEDGER_ROWS + 1);
	ledger__free(&ledger);
	trace.every_thread = true;
	settle(&ledger);
	assert_int_equal(ledger.nthreads, MANY);
	ledger__free(&ledger);
	free(threads);
}

static void words_are_summed_and_too_many_in_one(void **state)
{
	struct thread_record thread = make_thread(2, START, START + MS);
	uint64_t waits = 0, ns = 0, handoffs = 0;

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (uint64_t i = 1; i <= LEDGER_ENDED_WORDS + 10; i++) {
			const struct trace_futex futex = {
				.key = { .address = 64 * i },
				.sleeps = { .count = 2, .ns = 5, .handoffs = 1, .waker = 101 },
			};

			end(&thread, &futex, 1);
		}
	}
	assert_int_equal(ended.nwords, LEDGER_ENDED_WORDS);
	for (size_t i = 0; i < ended.nwords; i++) {
		assert_int_equal(ended.words[i].pid, 100);
		assert_int_equal(ended.words[i].waiters, 2);
		assert_int_equal(ended.words[i].waker_tid, 101);
		waits += ended.words[i].waits;
		ns += ended.words[i].wait_ns;
		handoffs += ended.words[i].handoffs;
	}
	assert_int_equal(ended.other_words.waits, 40);
	assert_int_equal(waits + ended.other_words.waits, 4 * (LEDGER_ENDED_WORDS + 10));
	assert_int_equal(ns + ended.other_words.wait_ns, 10 * (LEDGER_ENDED_WORDS + 10));
	assert_int_equal(handoffs + ended.other_words.handoffs, 2 * (LEDGER_ENDED_WORDS + 10));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(few_have_rows_in_the_order_of_their_births),
		TEST(many_add_up_in_the_last_row),
		TEST(a_thread_that_used_the_lock_stays),
		TEST(a_broken_identity_is_told_of_whoever_breaks_it),
		TEST(who_ended_before_the_window_is_nobody),
		TEST(the_lock_counts_those_that_are_gone),
		TEST(every_thread_has_a_row_where_there_is_a_timeline),
		TEST(words_are_summed_and_too_many_in_one),
	};

	return cmocka_run_group_tests_name("ended", tests, NULL, NULL);
}
