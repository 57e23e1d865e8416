// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every lock keeps threads apart and its records right: each acquisition, release and hand-off
 * counted, the seat and the number of waiters as they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../workloads/crowd/contention.h"

#define INTERVAL_NS (100 * NSEC_PER_USEC)

static struct lock *new_lock(const struct lock_kind *kind)
{
	struct lock *lock = lock_new(kind, INTERVAL_NS);

	if (!lock)
		fail_msg("no lock %s", kind->name);
	return lock;
}

/* Calls test for every kind that is a lock. */
static void each_lock(void (*test)(struct lock *lock))
{
	for (size_t i = 0; lock_kinds[i]; i++) {
		struct lock *lock;

		if (!lock_kinds[i]->shared)
			continue;
		lock = new_lock(lock_kinds[i]);
		test(lock);
		if (atomic_load(&lock->waiters))
			fail_msg("%s: waiters are left over", lock->kind->name);
		lock_free(lock);
	}
}

static void names_are_those_of_the_list(void **state)
{
	char names[512] = "";

	(void)state;
	for (size_t i = 0; lock_kinds[i]; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 i ? ", " : "", lock_kinds[i]->name);
	assert_string_equal(names, LOCK_NAMES);
}

static void each_is_found_by_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; lock_kinds[i]; i++) {
		assert_ptr_equal(lock_kind_find(lock_kinds[i]->name), lock_kinds[i]);
		assert_true(strlen(lock_kinds[i]->summary) > 0);
	}
	assert_null(lock_kind_find(""));
	assert_null(lock_kind_find("GIL"));
	assert_null(lock_kind_find("gil,"));
}

static void only_none_is_no_lock(void **state)
{
	(void)state;
	for (size_t i = 0; lock_kinds[i]; i++) {
		struct lock *lock = new_lock(lock_kinds[i]);

		assert_int_equal(lock_page(lock) != NULL, strcmp(lock_kinds[i]->name, "none") != 0);
		lock_free(lock);
	}
}

static void seats_take_turns(struct lock *lock)
{
	struct announce_seat seats[2] = { 0 };

	for (unsigned int i = 0; i < 100; i++) {
		struct announce_seat *seat = &seats[i / 2 % 2];

		lock_acquire(lock, seat);
		assert_int_equal(seat->state, SEAT_HOLDING);
		lock_release(lock, seat);
		assert_int_equal(seat->state, SEAT_OUTSIDE);
	}
	assert_int_equal(lock->page.acquisitions, 100);
	assert_int_equal(lock->page.releases, 100);
	assert_int_equal(lock->page.handoffs, 49);
}

static void a_handoff_is_a_change_of_seat(void **state)
{
	(void)state;
	each_lock(seats_take_turns);
}

/* A queue lock's nodes stay when the seats are gone. */
static void seats_come_and_go(struct lock *lock)
{
	for (unsigned int i = 0; i < 50; i++) {
		struct announce_seat *seat = aligned_alloc(64, sizeof(*seat));

		assert_non_null(seat);
		memset(seat, 0, sizeof(*seat));
		lock_acquire(lock, seat);
		lock_release(lock, seat);
		free(seat);
	}
	assert_int_equal(lock->page.acquisitions, 50);
}

static void a_lock_outlives_its_seats(void **state)
{
	(void)state;
	each_lock(seats_come_and_go);
}

static void steps(struct lock *lock, struct announce_seat *seat, unsigned int count)
{
	lock_enter(lock, seat);
	for (unsigned int i = 0; i < count; i++) {
		lock_step_begin(lock, seat);
		assert_int_equal(seat->state, SEAT_HOLDING);
		lock_step_end(lock, seat);
	}
	lock_leave(lock, seat);
}

static uint64_t acquisitions_of_steps(const char *name, unsigned int count)
{
	struct lock *lock = new_lock(lock_kind_find(name));
	struct announce_seat seat = { 0 };
	uint64_t acquisitions;

	steps(lock, &seat, count);
	acquisitions = lock->page.acquisitions;
	assert_int_equal(lock->page.releases, acquisitions);
	assert_int_equal(lock->page.handoffs, 0);
	lock_free(lock);
	return acquisitions;
}

static void each_kind_has_its_habit_of_holding(void **state)
{
	(void)state;
	assert_int_equal(acquisitions_of_steps("gil", 1000), 1);
	assert_int_equal(acquisitions_of_steps("gil-ticks", 99), 1);
	assert_int_equal(acquisitions_of_steps("gil-ticks", 100), 2);
	assert_int_equal(acquisitions_of_steps("gil-ticks", 1000), 11);
	assert_int_equal(acquisitions_of_steps("mutex", 1000), 1000);
}

static void ticks_are_the_locks_not_the_threads(void **state)
{
	struct lock *lock = new_lock(&lock_gil_ticks);
	struct announce_seat seats[2] = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 10; i++)
		steps(lock, &seats[i % 2], 30);
	/* 10 times in, and once more after every 100 of 300 steps. */
	assert_int_equal(lock->page.acquisitions, 13);
	lock_free(lock);
}

static void count_together(struct lock *lock)
{
	const struct contention_config config = { .workers = 6, .steps = 30000,
						  .time_limit_ns = 150000 * NSEC_PER_USEC };
	struct contention_result result;

	assert_int_equal(contention_run(&config, lock, &result), 0);
	if (result.counter != result.steps)
		fail_msg("%s: %lu of %lu steps", lock->kind->name, result.counter, result.steps);
	if (!result.timed_out)
		assert_int_equal(result.steps, 6 * 30000);
	assert_int_equal(lock->page.acquisitions, lock->page.releases);
	assert_true(lock->page.handoffs < lock->page.acquisitions);
	/* Each thread had it at least once. */
	assert_true(result.timed_out || lock->page.handoffs >= 5);
	if (lock->kind->per_step)
		assert_int_equal(lock->page.acquisitions, result.steps);
	if (lock->kind->ticks)
		assert_int_equal(lock->page.acquisitions, 6 + result.steps / lock->kind->ticks);
	assert_true(result.share_min <= 1 && result.share_max >= 1);
}

static void more_threads_than_cpus_lose_nothing(void **state)
{
	(void)state;
	each_lock(count_together);
}

static void contention_ends_at_its_time_limit(void **state)
{
	const struct contention_config config = { .workers = 3, .steps = 1ULL << 40,
						  .time_limit_ns = 20000 * NSEC_PER_USEC };
	struct contention_result result;
	struct lock *lock = new_lock(&lock_mutex);

	(void)state;
	assert_int_equal(contention_run(&config, lock, &result), 0);
	assert_true(result.timed_out);
	assert_int_equal(result.counter, result.steps);
	assert_int_equal(lock->page.acquisitions, result.steps);
	lock_free(lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_the_list),
		cmocka_unit_test(each_is_found_by_its_name),
		cmocka_unit_test(only_none_is_no_lock),
		cmocka_unit_test(a_handoff_is_a_change_of_seat),
		cmocka_unit_test(a_lock_outlives_its_seats),
		cmocka_unit_test(each_kind_has_its_habit_of_holding),
		cmocka_unit_test(ticks_are_the_locks_not_the_threads),
		cmocka_unit_test(more_threads_than_cpus_lose_nothing),
		cmocka_unit_test(contention_ends_at_its_time_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
