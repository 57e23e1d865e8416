// SPDX-License-Identifier: GPL-2.0-or-later
// A live view's figures add up, whatever has come, gone or been put right between two looks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/live/live.h"
#include "../../workloads/objects/mt19937.h"

#define MS 1000000ULL
#define NEAR 1e-12

/* A ledger of its own with so many threads, slots from 1, which have lived all of it blocked. */
static struct ledger make_ledger(uint64_t window_ns, size_t nthreads)
{
	struct ledger ledger = { .window_ns = window_ns, .has_lock = true, .valid = true };

	ledger.lock_ns[FREE_IDLE] = window_ns;
	ledger.threads = calloc(nthreads + 1, sizeof(*ledger.threads));
	assert_non_null(ledger.threads);
	ledger.nthreads = nthreads;
	for (size_t i = 0; i < nthreads; i++) {
		struct ledger_thread *thread = &ledger.threads[i];

		thread->number = (uint32_t)i + 1;
		thread->tid = (uint32_t)i + 101;
		thread->life_ns = window_ns;
		thread->ns[THREAD_BLOCKED] = window_ns;
	}
	return ledger;
}

/* The identity that live.h states, and shares that sum to 1. */
static void assert_adds_up(const struct live_parts *parts, int nstates, uint64_t whole_ns)
{
	double shares = live__share(parts, parts->not_seen_ns);
	uint64_t sum = parts->not_seen_ns;

	for (int state = 0; state < nstates; state++) {
		shares += live__share(parts, parts->ns[state]);
		sum += parts->ns[state];
	}
	assert_true(sum == whole_ns + parts->corrected_ns);
	assert_true(!parts->not_seen_ns || !parts->corrected_ns);
	if (sum)
		assert_float_equal(shares, 1, NEAR);
}

static void assert_stretch_adds_up(const struct live_stretch *stretch)
{
	assert_adds_up(&stretch->lock, LOCK_STATES, stretch->has_lock ? stretch->ns : 0);
	for (size_t i = 0; i < stretch->nthreads; i++)
		assert_adds_up(&stretch->threads[i].parts, THREAD_STATES,
			       stretch->threads[i].life_ns);
}

static void what_passed_between_two_looks(void **state)
{
	struct ledger before = make_ledger(100 * MS, 1), now = make_ledger(350 * MS, 1);
	struct live_stretch stretch;

	(void)state;
	before.handoffs = 10;
	now.handoffs = 60;
	now.handoffs_forced = 40;
	now.switches[VOLUNTARY] = 25;
	now.lock_ns[FREE_IDLE] = 150 * MS;
	now.lock_ns[HELD_RUNNING] = 200 * MS;
	now.threads[0].ns[THREAD_BLOCKED] = 200 * MS;
	now.threads[0].ns[THREAD_CPU] = 150 * MS;
	now.threads[0].switches[INVOLUNTARY] = 5;
	assert_int_equal(live__between(&before, &now, &stretch), 0);
	assert_int_equal(stretch.ns, 250 * MS);
	assert_int_equal(stretch.handoffs, 50);
	assert_int_equal(stretch.handoffs_forced, 40);
	assert_float_equal(live__rate(stretch.handoffs, stretch.ns), 200, NEAR);
	assert_float_equal(live__rate(stretch.switches[VOLUNTARY], stretch.ns), 100, NEAR);
	assert_float_equal(live__share(&stretch.lock, stretch.lock.ns[HELD_RUNNING]), 0.8, NEAR);
	assert_float_equal(live__share(&stretch.lock, stretch.lock.ns[FREE_IDLE]), 0.2, NEAR);
	assert_int_equal(stretch.threads[0].parts.ns[THREAD_CPU], 150 * MS);
	assert_int_equal(stretch.threads[0].parts.ns[THREAD_BLOCKED], 100 * MS);
	assert_int_equal(stretch.threads[0].switches[INVOLUNTARY], 5);
	assert_stretch_adds_up(&stretch);
	live__drop(&stretch);
	ledger__free(&before);
	ledger__free(&now);
}

static void a_gap_is_shown_as_not_seen(void **state)
{
	struct ledger before = make_ledger(100 * MS, 1), now = make_ledger(200 * MS, 1);
	struct live_stretch stretch;

	(void)state;
	now.lock_ns[FREE_IDLE] = 170 * MS;
	now.threads[0].ns[THREAD_BLOCKED] = 140 * MS;
	assert_int_equal(live__between(&before, &now, &stretch), 0);
	assert_int_equal(stretch.lock.not_seen_ns, 30 * MS);
	assert_int_equal(stretch.lock.corrected_ns, 0);
	assert_float_equal(live__share(&stretch.lock, stretch.lock.not_seen_ns), 0.3, NEAR);
	assert_int_equal(stretch.threads[0].parts.not_seen_ns, 60 * MS);
	assert_stretch_adds_up(&stretch);
	live__drop(&stretch);
	ledger__free(&before);
	ledger__free(&now);
}

/* The look before took a wake-up that had come already for sleep. */
static void time_that_moves_to_another_state_is_never_negative(void **state)
{
	struct ledger before = make_ledger(100 * MS, 1), now = make_ledger(200 * MS, 1);
	struct live_stretch stretch;

	(void)state;
	before.lock_ns[FREE_IDLE] = 80 * MS;
	before.lock_ns[HANDOFF_SIGNAL] = 20 * MS;
	now.lock_ns[FREE_IDLE] = 180 * MS;
	now.lock_ns[HANDOFF_SIGNAL] = 5 * MS;
	now.lock_ns[HANDOFF_QUEUE] = 15 * MS;
	before.handoffs = 3;
	now.handoffs = 2;	/* a claim was taken back */
	assert_int_equal(live__between(&before, &now, &stretch), 0);
	assert_int_equal(stretch.lock.ns[HANDOFF_SIGNAL], 0);
	assert_int_equal(stretch.lock.ns[HANDOFF_QUEUE], 15 * MS);
	assert_int_equal(stretch.lock.corrected_ns, 15 * MS);
	assert_int_equal(stretch.handoffs, 0);
	assert_stretch_adds_up(&stretch);
	live__drop(&stretch);
	ledger__free(&before);
	ledger__free(&now);
}

/* Sums over threads wrap below 0 for as long as another thread's part is still to come. */
static void a_sum_below_zero_is_nothing(void **state)
{
	struct ledger before = make_ledger(100 * MS, 0), now = make_ledger(200 * MS, 0);
	struct live_stretch stretch;

	(void)state;
	before.lock_ns[HELD_RUNNING] = -(5 * MS);
	now.lock_ns[HELD_RUNNING] = 10 * MS;
	now.lock_ns[FREE_IDLE] = 190 * MS;
	now.lock_ns[HELD_BLOCKED] = -MS;
	assert_int_equal(live__between(&before, &now, &stretch), 0);
	assert_int_equal(stretch.lock.ns[HELD_RUNNING], 10 * MS);
	assert_int_equal(stretch.lock.ns[HELD_BLOCKED], 0);
	assert_stretch_adds_up(&stretch);
	live__drop(&stretch);
	ledger__free(&before);
	ledger__free(&now);
}

static void threads_come_and_go(void **state)
{
	struct ledger before = make_ledger(100 * MS, 3), now = make_ledger(200 * MS, 4);
	struct live_stretch stretch;

	(void)state;
	/* The first had ended before; the third came and ended; the fourth has the first's tid. */
	before.threads[0].life_ns = now.threads[0].life_ns = 50 * MS;
	before.threads[0].ns[THREAD_BLOCKED] = now.threads[0].ns[THREAD_BLOCKED] = 50 * MS;
	now.threads[3].life_ns = now.threads[3].ns[THREAD_BLOCKED] = 10 * MS;
	now.threads[3].tid = now.threads[0].tid;
	now.threads[3].switches[VOLUNTARY] = 7;
	/* A look may not have seen a thread that an earlier one, or a later one, has. */
	memmove(&before.threads[1], &before.threads[2], sizeof(before.threads[1]));
	before.nthreads = 2;
	now.threads[2].life_ns = 150 * MS;
	now.threads[2].ns[THREAD_BLOCKED] = 150 * MS;
	assert_int_equal(live__between(&before, &now, &stretch), 0);
	assert_int_equal(stretch.nthreads, 3);
	assert_int_equal(stretch.threads[0].number, 2);
	assert_int_equal(stretch.threads[0].life_ns, 200 * MS);
	assert_int_equal(stretch.threads[1].number, 3);
	assert_int_equal(stretch.threads[1].life_ns, 50 * MS);
	assert_int_equal(stretch.threads[2].number, 4);
	assert_int_equal(stretch.threads[2].life_ns, 10 * MS);
	assert_int_equal(stretch.threads[2].switches[VOLUNTARY], 7);
	assert_stretch_adds_up(&stretch);
	live__drop(&stretch);
	ledger__free(&before);
	ledger__free(&now);
}

static void a_lock_that_turns_up_later_has_no_stretch_yet(void **state)
{
	struct ledger before = make_ledger(100 * MS, 1), now = make_ledger(200 * MS, 1);
	struct live_stretch stretch;

	(void)state;
	before.has_lock = false;
	memset(before.lock_ns, 0, sizeof(before.lock_ns));
	assert_int_equal(live__between(&before, &now, &stretch), 0);
	assert_false(stretch.has_lock);
	assert_int_equal(stretch.lock.ns[FREE_IDLE], 0);
	assert_stretch_adds_up(&stretch);
	live__drop(&stretch);
	assert_int_equal(live__between(NULL, &now, &stretch), 0);
	assert_true(stretch.has_lock);
	assert_int_equal(stretch.ns, 200 * MS);
	assert_int_equal(stretch.lock.ns[FREE_IDLE], 200 * MS);
	assert_stretch_adds_up(&stretch);
	live__drop(&stretch);
	ledger__free(&before);
	ledger__free(&now);
}

/* Whatever two ledgers hold, also nonsense: nothing is negative, and the identities hold. */
static void anything_adds_up(void **state)
{
	struct mt19937 random;

	(void)state;
	mt_seed(&random, 20221);
	for (int round = 0; round < 2000; round++) {
		struct ledger looks[2];
		struct live_stretch stretch;

		for (int n = 0; n < 2; n++) {
			struct ledger *ledger = &looks[n];

			*ledger = make_ledger(mt_random_u32(&random), mt_random_u32(&random) % 6);
			ledger->has_lock = mt_random_u32(&random) % 8 != 0;
			for (int i = 0; i < LOCK_STATES; i++)
				ledger->lock_ns[i] = mt_random_u32(&random) - (1ULL << 30);
			for (size_t i = 0; i < ledger->nthreads; i++)
				for (int j = 0; j < THREAD_STATES; j++)
					ledger->threads[i].ns[j] = mt_random_u32(&random);
			for (size_t i = 0; i < ledger->nthreads; i++)
				ledger->threads[i].number += mt_random_u32(&random) % 2 * (i > 2);
		}
		assert_int_equal(live__between(&looks[0], &looks[1], &stretch), 0);
		assert_stretch_adds_up(&stretch);
		live__drop(&stretch);
		ledger__free(&looks[0]);
		ledger__free(&looks[1]);
	}
}

static void look(struct live *live, uint64_t window_ns)
{
	struct ledger ledger = make_ledger(window_ns, 2);

	assert_int_equal(live__look(live, &ledger), 0);
	assert_stretch_adds_up(&live->last);
	assert_stretch_adds_up(&live->whole);
}

static void the_first_look_shows_the_whole_time(void **state)
{
	struct live live = { .looks = 0 };

	(void)state;
	look(&live, 40 * MS);
	assert_int_equal(live.last.ns, 40 * MS);
	look(&live, 140 * MS);
	assert_int_equal(live.last.ns, 100 * MS);
	assert_int_equal(live.whole.ns, 140 * MS);
	live__free(&live);
}

static void a_pause_stands_still_and_is_no_stretch(void **state)
{
	struct live live = { .looks = 0 };

	(void)state;
	look(&live, 100 * MS);
	look(&live, 200 * MS);
	live.paused = true;
	look(&live, 300 * MS);
	look(&live, 900 * MS);
	assert_int_equal(live.last.ns, 100 * MS);
	assert_int_equal(live.whole.ns, 200 * MS);
	live.paused = false;
	look(&live, 1000 * MS);
	assert_int_equal(live.last.ns, 100 * MS);
	assert_int_equal(live.whole.ns, 1000 * MS);
	live__free(&live);
}

static void threads_in_order(void **state)
{
	static const uint64_t cpu[] = { 10, 30, 30, 20 };
	struct ledger now = make_ledger(100, 4);
	struct live_stretch stretch;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		now.threads[i].ns[THREAD_CPU] = cpu[i];
		now.threads[i].ns[THREAD_LOCK_WAIT] = 60 - cpu[i];
		now.threads[i].ns[THREAD_BLOCKED] = 40;
	}
	assert_int_equal(live__between(NULL, &now, &stretch), 0);
	live__sort(&stretch, LIVE_BY_CPU);
	assert_int_equal(stretch.threads[0].number, 2);
	assert_int_equal(stretch.threads[1].number, 3);
	assert_int_equal(stretch.threads[2].number, 4);
	live__sort(&stretch, LIVE_BY_LOCK_WAIT);
	assert_int_equal(stretch.threads[0].number, 1);
	live__sort(&stretch, LIVE_BY_BLOCKED);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(stretch.threads[i].number, i + 1);
	live__drop(&stretch);
	ledger__free(&now);
}

static void no_time_has_no_rate(void **state)
{
	const struct live_parts nothing = { { 0 }, 0, 0 };

	(void)state;
	assert_true(live__rate(5, 0) == 0);
	assert_true(live__share(&nothing, 0) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_passed_between_two_looks),
		cmocka_unit_test(a_gap_is_shown_as_not_seen),
		cmocka_unit_test(time_that_moves_to_another_state_is_never_negative),
		cmocka_unit_test(a_sum_below_zero_is_nothing),
		cmocka_unit_test(threads_come_and_go),
		cmocka_unit_test(a_lock_that_turns_up_later_has_no_stretch_yet),
		cmocka_unit_test(anything_adds_up),
		cmocka_unit_test(the_first_look_shows_the_whole_time),
		cmocka_unit_test(a_pause_stands_still_and_is_no_stretch),
		cmocka_unit_test(threads_in_order),
		cmocka_unit_test(no_time_has_no_rate),
	};

	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
