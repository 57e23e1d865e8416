// SPDX-License-Identifier: GPL-2.0-or-later
// Futex sleeps are summed by process and address, the longest first, and cut at the end.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/ledger/ended.h"
#include "../../user/ledger/futexes.h"

#define MS 1000000ULL

/* Two processes: tids 10 and 11 are threads of one, 20 of another. */
static struct thread_record threads[3];
static struct trace_futex sleeps[8];
static struct trace trace;

static void add(uint64_t address, uint32_t waiter, uint64_t handoffs, uint64_t count, uint64_t ms)
{
	sleeps[trace.nfutexes++] = (struct trace_futex){
		.key = { .address = address, .waiter = waiter },
		.sleeps = { .count = count, .ns = ms * MS, .handoffs = handoffs,
			    .waker = handoffs ? 10 : 0 },
	};
}

static int make_trace(void **state)
{
	(void)state;
	trace = (struct trace){ .start_ns = 1000 * MS, .end_ns = 1100 * MS, .threads = threads,
				.nthreads = 3, .futexes = sleeps };
	threads[0] = (struct thread_record){ .tid = 10, .leader = 10 };
	threads[1] = (struct thread_record){ .tid = 11, .leader = 10 };
	threads[2] = (struct thread_record){ .tid = 20, .leader = 20 };
	for (int i = 0; i < 3; i++)
		threads[i].state = THREAD_CPU;
	return 0;
}

static void sums_are_by_address_and_process(void **state)
{
	struct futexes futexes;
	struct futex_total total;
	size_t position = 0;

	(void)state;
	add(0x1000, 1, 3, 4, 20);
	add(0x2000, 3, 0, 1, 40);
	add(0x1000, 2, 2, 2, 10);
	add(0x1000, 3, 0, 7, 20);	/* the other process: another lock */
	assert_int_equal(futexes__settle(&trace, NULL, &futexes), 0);
	assert_int_equal(futexes.count, 4);
	assert_int_equal(futexes__next(&futexes, &position, &total), 0);
	assert_int_equal(total.address, 0x2000);
	assert_int_equal(total.pid, 20);
	assert_int_equal(futexes__next(&futexes, &position, &total), 0);
	assert_int_equal(total.address, 0x1000);
	assert_int_equal(total.pid, 10);
	assert_int_equal(total.waits, 6);
	assert_int_equal(total.wait_ns, 30 * MS);
	assert_int_equal(total.handoffs, 5);
	assert_int_equal(total.waiters, 2);
	assert_int_equal(futexes__next(&futexes, &position, &total), 0);
	assert_int_equal(total.pid, 20);
	assert_int_equal(total.waits, 7);
	assert_int_equal(total.handoffs, 0);
	assert_true(futexes__next(&futexes, &position, &total) < 0);
	futexes__free(&futexes);
}

static void a_sleep_that_goes_on_is_cut_at_the_end(void **state)
{
	struct futexes futexes;

	(void)state;
	threads[0].state = THREAD_BLOCKED;
	threads[0].futex = 0x3000;
	threads[0].since_ns = 1070 * MS;
	threads[1].state = THREAD_LOCK_WAIT;
	threads[1].futex = 0x4000;
	threads[1].since_ns = 900 * MS;		/* before the window */
	threads[2].state = THREAD_BLOCKED;
	threads[2].futex = 0x5000;
	threads[2].since_ns = 1101 * MS;	/* after it */
	assert_int_equal(futexes__settle(&trace, NULL, &futexes), 0);
	assert_int_equal(futexes.count, 2);
	assert_int_equal(futexes.items[0].address, 0x4000);
	assert_int_equal(futexes.items[0].wait_ns, 100 * MS);
	assert_int_equal(futexes.items[1].wait_ns, 30 * MS);
	assert_int_equal(futexes.items[1].waker_tid, 0);
	assert_int_equal(futexes.items[1].waiter_tid, 10);
	futexes__free(&futexes);
}

/* It has slept there before, and sleeps there again. */
static void an_open_sleep_joins_those_before(void **state)
{
	struct futexes futexes;

	(void)state;
	add(0x3000, 1, 2, 2, 10);
	threads[0].state = THREAD_BLOCKED;
	threads[0].futex = 0x3000;
	threads[0].since_ns = 1070 * MS;
	assert_int_equal(futexes__settle(&trace, NULL, &futexes), 0);
	assert_int_equal(futexes.count, 1);
	assert_int_equal(futexes.items[0].waits, 3);
	assert_int_equal(futexes.items[0].wait_ns, 40 * MS);
	assert_int_equal(futexes.items[0].handoffs, 2);
	assert_int_equal(futexes.items[0].waker_tid, 10);
	assert_int_equal(futexes.items[0].waiters, 1);
	futexes__free(&futexes);
}

/* One word of threads that are gone, beside a living one's; and what there was no room for. */
static void what_is_gone_is_summed_by_the_word(void **state)
{
	struct ledger_ended_word words[] = {
		{ .pid = 10, .address = 0x1000, .waits = 7, .wait_ns = 30 * MS, .handoffs = 6,
		  .waiters = 4, .waker_tid = 11 },
	};
	struct ledger_ended ended = { .words = words, .nwords = 1,
				      .other_words = { .waits = 5, .wait_ns = MS, .waiters = 2 } };
	struct futexes futexes;
	struct futex_total total;
	size_t position = 0;

	(void)state;
	trace.ended = &ended;
	trace.futex_others = (struct futex_sleeps){ .count = 2, .ns = MS, .handoffs = 1 };
	add(0x1000, 1, 1, 1, 5);
	assert_int_equal(futexes__settle(&trace, NULL, &futexes), 0);
	assert_int_equal(futexes.count, 3);
	assert_int_equal(futexes__next(&futexes, &position, &total), 0);
	assert_int_equal(total.address, 0x1000);
	assert_int_equal(total.waits, 8);
	assert_int_equal(total.wait_ns, 35 * MS);
	assert_int_equal(total.handoffs, 7);
	assert_int_equal(total.waiters, 5);
	assert_int_equal(futexes__next(&futexes, &position, &total), 0);
	assert_string_equal(total.name, "others");
	assert_int_equal(total.address, 0);
	assert_int_equal(total.waits, 7);
	assert_int_equal(total.wait_ns, 2 * MS);
	assert_int_equal(total.handoffs, 1);
	futexes__free(&futexes);
	trace.ended = NULL;
}

static void none_is_none(void **state)
{
	struct futexes futexes;
	struct futex_total total;
	size_t position = 0;

	(void)state;
	assert_int_equal(futexes__settle(&trace, NULL, &futexes), 0);
	assert_int_equal(futexes.count, 0);
	assert_true(futexes__next(&futexes, &position, &total) < 0);
	futexes__free(&futexes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sums_are_by_address_and_process, make_trace),
		cmocka_unit_test_setup(a_sleep_that_goes_on_is_cut_at_the_end, make_trace),
		cmocka_unit_test_setup(an_open_sleep_joins_those_before, make_trace),
		cmocka_unit_test_setup(what_is_gone_is_summed_by_the_word, make_trace),
		cmocka_unit_test_setup(none_is_none, make_trace),
	};

	return cmocka_run_group_tests_name("futexes", tests, NULL, NULL);
}
