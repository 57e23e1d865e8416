// SPDX-License-Identifier: GPL-2.0-or-later
// The ledger settles sound traces, and finds every way in which one can be unsound.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/ledger/ledger.h"

#define MS 1000000ULL
#define START (1000 * MS)
#define WINDOW (100 * MS)

static const struct ledger_bounds unknown = { 0, UINT64_MAX, 0 };

/* Two threads share one lock over the whole window; the second is born in the middle. */
struct sound {
	struct thread_record threads[2];
	struct lock_record locks[2];
	struct watched_process watched[1];
	struct trace trace;
};

static void make_thread(struct thread_record *thread, uint32_t tid, uint64_t born)
{
	*thread = (struct thread_record){ .slot = tid, .tid = tid, .state = THREAD_DEAD,
					  .born_ns = born, .died_ns = START + WINDOW, .comm = "t" };
	thread->ns[THREAD_CPU] = (START + WINDOW - born) / 2;
	thread->ns[THREAD_READY] = (START + WINDOW - born) / 4;
	thread->ns[THREAD_BLOCKED] = (START + WINDOW - born) / 4;
	thread->switches[VOLUNTARY] = 7;
	thread->switches[INVOLUNTARY] = 3;
	thread->kernel_base[VOLUNTARY] = 10;
	thread->kernel_end[VOLUNTARY] = 17;
	thread->kernel_end[INVOLUNTARY] = 3;
	thread->acquisitions = 5;
	thread->migrations = 1;
}

static void make_sound(struct sound *sound)
{
	memset(sound, 0, sizeof(*sound));
	make_thread(&sound->threads[0], 1, START);
	make_thread(&sound->threads[1], 2, START + WINDOW / 2);
	sound->locks[0] = (struct lock_record){
		.index = ANNOUNCED_LOCK, .page = 64, .handoffs = 9, .handoffs_forced = 8,
		.own_handoffs = 9, .acquisitions = 10, .releases = 10,
		.ns = { [HELD_RUNNING] = WINDOW - 20 * MS, [FREE_IDLE] = 20 * MS },
	};
	sound->trace = (struct trace){
		.start_ns = START, .end_ns = START + WINDOW, .opened = true, .closed = true,
		.threads = sound->threads, .nthreads = 2, .bpf_ns = UINT64_MAX,
		.locks = sound->locks, .nlocks = 1, .watched = sound->watched,
	};
}

static void settle(struct sound *sound, const struct ledger_bounds *bounds, struct ledger *ledger)
{
	assert_int_equal(ledger__settle(&sound->trace, bounds, ledger), 0);
}

static void assert_invalid(struct sound *sound, const struct ledger_bounds *bounds,
			   const char *reason)
{
	struct ledger ledger;

	settle(sound, bounds, &ledger);
	assert_false(ledger.valid);
	if (!strstr(ledger.reason, reason))
		fail_msg("reason is '%s', not '%s'", ledger.reason, reason);
	ledger__free(&ledger);
}

static void a_sound_trace_is_valid(void **state)
{
	const struct ledger_bounds bounds = { WINDOW - MS, WINDOW + MS, 0 };
	struct sound sound;
	struct ledger ledger;

	(void)state;
	make_sound(&sound);
	settle(&sound, &bounds, &ledger);
	assert_true(ledger.valid);
	assert_string_equal(ledger.reason, "");
	assert_int_equal(ledger.window_ns, WINDOW);
	assert_int_equal(ledger.lock_ns[HELD_RUNNING], 80 * MS);
	assert_int_equal(ledger.lock_ns[FREE_IDLE], 20 * MS);
	assert_int_equal(ledger.nthreads, 2);
	assert_int_equal(ledger.threads[1].life_ns, WINDOW / 2);
	assert_int_equal(ledger.switches[VOLUNTARY], 14);
	assert_int_equal(ledger.switches[INVOLUNTARY], 6);
	assert_int_equal(ledger.threads[0].kernel[VOLUNTARY], 7);
	assert_int_equal(ledger.migrations, 2);
	assert_int_equal(ledger.handoffs, 9);
	ledger__free(&ledger);
}

static void open_intervals_are_cut_and_counted(void **state)
{
	struct sound sound;
	struct ledger ledger;

	(void)state;
	make_sound(&sound);
	sound.threads[0].state = THREAD_BLOCKED;
	sound.threads[0].since_ns = START + WINDOW - 10 * MS;
	sound.threads[0].ns[THREAD_BLOCKED] -= 10 * MS;
	settle(&sound, &unknown, &ledger);
	assert_true(ledger.valid);
	assert_int_equal(ledger.open, 1);
	assert_int_equal(ledger.threads[0].ns[THREAD_BLOCKED], WINDOW / 4);
	ledger__free(&ledger);
}

static void threads_outside_the_window_do_not_count(void **state)
{
	struct sound sound;
	struct ledger ledger;

	(void)state;
	make_sound(&sound);
	sound.threads[1].born_ns = START - 20 * MS;
	sound.threads[1].died_ns = START - 10 * MS;
	sound.locks[0].page = 0;
	settle(&sound, &unknown, &ledger);
	assert_int_equal(ledger.nthreads, 1);
	assert_false(ledger.has_lock);
	ledger__free(&ledger);
}

static void every_broken_identity_is_found(void **state)
{
	const struct ledger_bounds shorter = { 0, WINDOW - MS, 0 };
	const struct ledger_bounds longer = { WINDOW + MS, UINT64_MAX, 0 };
	struct sound sound;

	(void)state;
	make_sound(&sound);
	sound.locks[0].ns[HANDOFF_TAKE] += WINDOW / 500;
	assert_invalid(&sound, &unknown, "L1: lock states sum");
	make_sound(&sound);
	sound.locks[0].ns[HANDOFF_TAKE] -= MS;
	sound.locks[0].ns[HELD_BLOCKED] += MS;
	assert_invalid(&sound, &unknown, "L1: handoff_take is negative");
	make_sound(&sound);
	assert_invalid(&sound, &shorter, "clock beside it");
	assert_invalid(&sound, &longer, "clock beside it");
	make_sound(&sound);
	sound.threads[1].ns[THREAD_CPU] += MS;
	assert_invalid(&sound, &unknown, "T1: states of thread 2");
	make_sound(&sound);
	sound.threads[1].switches[VOLUNTARY]--;
	assert_invalid(&sound, &unknown, "T2: thread 2 has 6 voluntary switches");
	make_sound(&sound);
	/* The sum is right, the kinds are not. */
	sound.threads[0].switches[VOLUNTARY]--;
	sound.threads[0].switches[INVOLUNTARY]++;
	assert_invalid(&sound, &unknown, "T2: thread 1");
}

/* Whoever stands still for us, and whether there is a lock or not. */
static void what_stood_still_for_us_is_no_time(void **state)
{
	const struct ledger_bounds held = { WINDOW - MS, WINDOW + MS, 5 * MS };
	const struct ledger_bounds longer = { WINDOW + MS, UINT64_MAX, 5 * MS };
	struct sound sound;
	struct ledger ledger;

	(void)state;
	make_sound(&sound);
	sound.trace.cut_ns = 5 * MS;
	sound.threads[0].cut_ns = 3 * MS;
	sound.threads[0].ns[THREAD_BLOCKED] -= 3 * MS;
	settle(&sound, &held, &ledger);
	assert_true(ledger.valid);
	assert_int_equal(ledger.threads[0].life_ns, WINDOW - 3 * MS);
	ledger__free(&ledger);
	/* It still does when the window closes. */
	sound.threads[0].state = THREAD_HELD;
	sound.threads[0].since_ns = START + WINDOW - 2 * MS;
	sound.threads[0].ns[THREAD_BLOCKED] -= 2 * MS;
	settle(&sound, &held, &ledger);
	assert_true(ledger.valid);
	assert_int_equal(ledger.threads[0].life_ns, WINDOW - 5 * MS);
	ledger__free(&ledger);
	sound.trace.cut_ns = 7 * MS;
	assert_invalid(&sound, &held, "7000000 ns were cut out");
	make_sound(&sound);
	sound.locks[0].page = 0;
	assert_invalid(&sound, &longer, "the window is");
}

static void a_run_without_threads_is_not_valid(void **state)
{
	struct sound sound;

	(void)state;
	make_sound(&sound);
	sound.trace.nthreads = 0;
	sound.locks[0].page = 0;
	assert_invalid(&sound, &unknown, "no thread");
}

static void every_loss_is_found(void **state)
{
	struct sound sound;

	(void)state;
	make_sound(&sound);
	sound.trace.missed_programs = 1;
	assert_invalid(&sound, &unknown, "1 events lost");
	for (int cause = 0; cause < LOSSES; cause++) {
		make_sound(&sound);
		sound.trace.losses[cause] = 2;
		assert_invalid(&sound, &unknown, "2 events lost");
	}
	make_sound(&sound);
	sound.locks[0].own_handoffs = 10;
	assert_invalid(&sound, &unknown, "9 hand-offs seen, the lock counts 10");
	make_sound(&sound);
	sound.locks[0].releases = 8;
	assert_invalid(&sound, &unknown, "acquisitions (10) and releases (8)");
	make_sound(&sound);
	sound.threads[0].acquisitions = 4;
	assert_invalid(&sound, &unknown, "threads acquired 9 times, the locks count 10");
	make_sound(&sound);
	sound.trace.closed = false;
	assert_invalid(&sound, &unknown, "not closed");
	make_sound(&sound);
	sound.trace.opened = false;
	assert_invalid(&sound, &unknown, "not opened");
}

static void a_lock_may_still_be_held_at_the_end(void **state)
{
	struct sound sound;
	struct ledger ledger;

	(void)state;
	make_sound(&sound);
	sound.locks[0].releases = 9;
	settle(&sound, &unknown, &ledger);
	assert_true(ledger.valid);
	ledger__free(&ledger);
}

/* The same trace, of a lock known by calls, whose last 30 ms are left to the ledger. */
static void make_called(struct sound *sound)
{
	make_sound(sound);
	sound->locks[0] = (struct lock_record){
		.index = ANNOUNCED_LOCK + 1, .watched = 1, .known = 1, .handoffs = 9,
		.acquisitions = 10, .releases = 10, .free_since_ns = START + WINDOW - 30 * MS,
		.ns = { [HELD_RUNNING] = WINDOW - 50 * MS, [FREE_IDLE] = 20 * MS },
	};
	sound->watched[0] = (struct watched_process){ .tgid = 1, .pid = 1 };
	sound->trace.nwatched = 1;
}

/* What the ledger adds in `state` for the end of the window; anything else is 0. */
static void assert_end(struct sound *sound, enum lock_state state, uint64_t ns)
{
	struct ledger ledger;
	uint64_t before = sound->locks[0].ns[state];

	settle(sound, &unknown, &ledger);
	assert_true(ledger.valid);
	assert_true(ledger.has_lock);
	assert_int_equal(ledger.lock_ns[state] - before, ns);
	ledger__free(&ledger);
}

static void a_called_lock_is_closed_in_the_state_it_has(void **state)
{
	struct sound sound;

	(void)state;
	make_called(&sound);
	assert_end(&sound, FREE_IDLE, 30 * MS);
	sound.locks[0].wanted_since_ns = sound.locks[0].free_since_ns;
	assert_end(&sound, HANDOFF_SIGNAL, 30 * MS);
	sound.locks[0].wanted_since_ns = START + WINDOW - 10 * MS;
	assert_end(&sound, FREE_IDLE, 20 * MS);
	assert_end(&sound, HANDOFF_SIGNAL, 10 * MS);

	make_called(&sound);
	sound.locks[0].holder = 1;
	sound.threads[0].state = THREAD_CPU;
	sound.threads[0].seats[0].hold_since_ns = START + WINDOW - 30 * MS;
	sound.threads[0].since_ns = START + WINDOW;
	assert_end(&sound, HELD_RUNNING, 30 * MS);
	/* Switched out and back after the window had closed: nothing is left to add. */
	sound.locks[0].ns[HELD_RUNNING] += 30 * MS;
	sound.threads[0].seats[0].hold_since_ns = START + WINDOW + MS;
	assert_end(&sound, HELD_RUNNING, 0);
}

/* A call that is older than the release that made the lock free waited until then. */
static void a_claim_at_the_end_is_of_a_lock_that_was_free(void **state)
{
	struct sound sound;

	(void)state;
	make_called(&sound);
	sound.locks[0].holder = 1 | CLAIM;
	sound.threads[0].seats[0].call_since_ns = START + WINDOW - 10 * MS;
	assert_end(&sound, FREE_IDLE, 20 * MS);
	assert_end(&sound, HELD_RUNNING, 10 * MS);
	sound.threads[0].seats[0].call_since_ns = START + WINDOW - 40 * MS;
	assert_end(&sound, FREE_IDLE, 0);
	assert_end(&sound, HELD_RUNNING, 30 * MS);

	/* Settled without proof, it is a hold like others. */
	sound.locks[0].holder = 1 | UNPROVEN;
	sound.threads[0].state = THREAD_CPU;
	sound.threads[0].seats[0].hold_since_ns = START + WINDOW - 30 * MS;
	sound.threads[0].since_ns = START + WINDOW;
	assert_end(&sound, HELD_RUNNING, 30 * MS);
}

static void a_holder_off_its_cpu_is_cut_at_the_end(void **state)
{
	static const struct {
		uint32_t state;
		enum lock_state lock;
	} cases[] = { { THREAD_READY, HELD_PREEMPTED_OTHER }, { THREAD_BLOCKED, HELD_BLOCKED } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sound sound;

		make_called(&sound);
		sound.locks[0].holder = 1;
		sound.threads[0].state = cases[i].state;
		sound.threads[0].since_ns = START + WINDOW - 30 * MS;
		sound.threads[0].ns[cases[i].state] = 0;
		sound.threads[0].ns[THREAD_CPU] = START + WINDOW - 30 * MS - START;
		sound.threads[0].ns[cases[i].state == THREAD_READY ? THREAD_BLOCKED
								   : THREAD_READY] = 0;
		assert_end(&sound, cases[i].lock, 30 * MS);
	}
}

static void calls_that_do_not_pair_are_found(void **state)
{
	struct sound sound;
	struct ledger ledger;

	(void)state;
	make_called(&sound);
	sound.locks[0].releases = 8;		/* one for each thread: caught in between */
	settle(&sound, &unknown, &ledger);
	assert_true(ledger.valid);
	ledger__free(&ledger);
	sound.locks[0].releases = 7;
	assert_invalid(&sound, &unknown, "not every call is seen");
	make_called(&sound);
	sound.locks[0].overlaps = 1;
	assert_invalid(&sound, &unknown, "two threads held the lock at once");
	make_called(&sound);
	sound.threads[1].acquisitions++;
	assert_invalid(&sound, &unknown, "threads acquired 11 times");
}

static void a_called_lock_that_is_never_called_has_no_ledger(void **state)
{
	struct sound sound;
	struct ledger ledger;

	(void)state;
	make_called(&sound);
	sound.locks[0].known = 0;
	settle(&sound, &unknown, &ledger);
	assert_true(ledger.valid);
	assert_true(ledger.called);
	assert_false(ledger.has_lock);
	ledger__free(&ledger);
}

/* The first process is gone after two thirds of the window; what costs most comes first. */
static void every_lock_has_a_window_of_its_own(void **state)
{
	struct sound sound;
	struct ledger ledger;

	(void)state;
	make_called(&sound);
	sound.watched[0].ended_ns = START + WINDOW - 30 * MS;
	sound.locks[1] = (struct lock_record){
		.index = ANNOUNCED_LOCK + 2, .watched = 1, .key = 4096, .known = 1, .wait_ns = MS,
		.since_ns = START + 60 * MS, .free_since_ns = START + 65 * MS, .handoffs = 2,
		.ns = { [HELD_RUNNING] = 5 * MS },
	};
	sound.trace.nlocks = 2;
	settle(&sound, &unknown, &ledger);
	assert_string_equal(ledger.reason, "");
	assert_int_equal(ledger.nlocks, 2);
	assert_int_equal(ledger.locks[0].key, 4096);
	assert_int_equal(ledger.locks[0].window_ns, 10 * MS);
	assert_int_equal(ledger.lock_ns[FREE_IDLE], 5 * MS);
	assert_int_equal(ledger.locks[1].window_ns, WINDOW - 30 * MS);
	assert_int_equal(ledger.handoffs, 11);
	ledger__free(&ledger);
	sound.locks[1].ns[HELD_RUNNING] += MS;
	assert_invalid(&sound, &unknown, "L1: lock states sum to");
}

/*
 * What the only lock did before anything was known of it is in no state, if its program was there; if not,
 * it was free. Its process's time is what counts, not the run's.
 */
static void what_was_not_seen_is_in_no_state(void **state)
{
	struct sound sound;
	struct ledger ledger;

	(void)state;
	make_called(&sound);
	sound.watched[0].began_ns = START + 10 * MS;
	sound.watched[0].since_ns = START + 30 * MS;
	sound.locks[0].since_ns = START + 30 * MS;
	sound.locks[0].ns[HELD_RUNNING] = WINDOW - 80 * MS;
	settle(&sound, &unknown, &ledger);
	assert_string_equal(ledger.reason, "");
	assert_int_equal(ledger.locks[0].window_ns, WINDOW - 30 * MS);
	assert_int_equal(ledger.locks[0].unseen_ns, 20 * MS);
	assert_int_equal(ledger.lock_ns[FREE_IDLE], 50 * MS);
	assert_false(ledger__is_seen(20 * MS, WINDOW - 30 * MS));
	assert_true(ledger__is_seen(5 * MS, 95 * MS));
	ledger__free(&ledger);
	sound.watched[0].whole = 1;
	settle(&sound, &unknown, &ledger);
	assert_int_equal(ledger.locks[0].window_ns, WINDOW);
	assert_int_equal(ledger.locks[0].unseen_ns, 0);
	assert_int_equal(ledger.lock_ns[FREE_IDLE], 80 * MS);
	ledger__free(&ledger);
}

/* Of locks that found no place only the sums are known, and they are in the run's. */
static void locks_without_a_place_are_summed(void **state)
{
	struct sound sound;
	struct ledger ledger;

	(void)state;
	make_called(&sound);
	sound.trace.others = (struct lock_record){
		.acquisitions = 3, .releases = 3, .wait_ns = 99 * MS,
		.ns = { [HELD_RUNNING] = 500 * MS },
	};
	sound.threads[0].acquisitions += 3;
	settle(&sound, &unknown, &ledger);
	assert_string_equal(ledger.reason, "");
	assert_int_equal(ledger.nlocks, 2);
	assert_true(ledger.locks[1].folded);
	assert_int_equal(ledger.acquisitions, 13);
	ledger__free(&ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_trace_is_valid),
		cmocka_unit_test(open_intervals_are_cut_and_counted),
		cmocka_unit_test(threads_outside_the_window_do_not_count),
		cmocka_unit_test(every_broken_identity_is_found),
		cmocka_unit_test(what_stood_still_for_us_is_no_time),
		cmocka_unit_test(a_run_without_threads_is_not_valid),
		cmocka_unit_test(every_loss_is_found),
		cmocka_unit_test(every_lock_has_a_window_of_its_own),
		cmocka_unit_test(what_was_not_seen_is_in_no_state),
		cmocka_unit_test(locks_without_a_place_are_summed),
		cmocka_unit_test(a_lock_may_still_be_held_at_the_end),
		cmocka_unit_test(a_called_lock_is_closed_in_the_state_it_has),
		cmocka_unit_test(a_claim_at_the_end_is_of_a_lock_that_was_free),
		cmocka_unit_test(a_holder_off_its_cpu_is_cut_at_the_end),
		cmocka_unit_test(calls_that_do_not_pair_are_found),
		cmocka_unit_test(a_called_lock_that_is_never_called_has_no_ledger),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
