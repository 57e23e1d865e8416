// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verdicts on C1 to C4 over planted observations: each is supported by what supports it,
 * refuted by what does not, and left undecided where there is too little to go by.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/labs/lab.h"
#include "../../workloads/counting/count.h"
#include "../../workloads/locks/lock.h"
#include "claim_of.h"

#define BLOCKS 8

static struct observations observations;
static struct claims claims;
static struct lab_options options;

static int setup(void **state)
{
	(void)state;
	observations = (struct observations){ 0 };
	claims = (struct claims){ 0 };
	options = (struct lab_options){ .seed = 1, .cpus = 2, .traced = true };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	observations__free(&observations);
	return 0;
}

static void put(const char *arm, uint64_t block, const char *metric, const char *variant,
		double value)
{
	assert_int_equal(observations__put(&observations, arm, block, metric, variant, value), 0);
}

/* Judges what has been put so far. NULL: the claim was left out. */
static const char *verdict(const char *lab, const char *claim)
{
	struct lab_evidence evidence = { .observations = &observations, .options = &options };
	const struct claim_row *row;

	claims.count = 0;
	assert_non_null(lab__find(lab));
	assert_int_equal(lab__find(lab)->judge(&evidence, &claims), 0);
	row = claim_of(&claims, claim);
	if (!row)
		return "left out";
	assert_true(strlen(row->reason) > 0 && strlen(row->reason) < sizeof(row->reason) - 1);
	return row->verdict;
}

static void put_article(uint64_t block, double third, double early, double at_zero)
{
	const double prints[] = { 2, 3, third, 3, 2 };
	char variant[32];

	for (int i = 0; i < 5; i++) {
		snprintf(variant, sizeof(variant), "print-%d", i + 1);
		put("refcount", block, "refcount", variant, prints[i]);
	}
	put("refcount", block, "refcount", "freed-early", early);
	put("refcount", block, "refcount", "freed-at-zero", at_zero);
}

static void c1_counts_as_printed(void **state)
{
	(void)state;
	assert_string_equal(verdict("refcount", "C1"), "left out");
	for (uint64_t block = 1; block <= BLOCKS; block++)
		put_article(block, 4, 0, 1);
	assert_string_equal(verdict("refcount", "C1"), "supported");
	assert_true(claim_of(&claims, "C1")->figure == 5);
	put_article(BLOCKS + 1, 5, 0, 1);
	assert_string_equal(verdict("refcount", "C1"), "refuted");
	assert_true(claim_of(&claims, "C1")->figure == 4);
}

static void c1_freed_too_early(void **state)
{
	(void)state;
	put_article(1, 4, 0, 1);
	put_article(2, 4, 1, 0);
	assert_string_equal(verdict("refcount", "C1"), "refuted");
}

static void c1_never_freed(void **state)
{
	(void)state;
	put_article(1, 4, 0, 0);
	assert_string_equal(verdict("refcount", "C1"), "refuted");
}

struct heap {
	double allocated, freed, survived, reclaimed, touched;
};

static void put_heap(uint64_t block, const struct heap *heap)
{
	put("refcount", block, "objects", "allocated", heap->allocated);
	put("refcount", block, "objects", "freed", heap->freed);
	put("refcount", block, "cycle", "survived-counting", heap->survived);
	put("refcount", block, "cycle", "reclaimed", heap->reclaimed);
	put("refcount", block, "cycle", "live-touched", heap->touched);
}

static const struct heap whole = { 1000, 1000, 50, 50, 0 };

static void c2_reclaimed_whole(void **state)
{
	(void)state;
	assert_string_equal(verdict("refcount", "C2"), "left out");
	for (uint64_t block = 1; block <= BLOCKS; block++)
		put_heap(block, &whole);
	assert_string_equal(verdict("refcount", "C2"), "supported");
	assert_true(claim_of(&claims, "C2")->figure == 1);
}

static void c2_any_run_may_refute(void **state)
{
	static const struct heap wrong[] = {
		{ 1000, 999, 50, 50, 0 },	/* a leak */
		{ 1000, 1000, 50, 49, 0 },	/* a ring is left */
		{ 1000, 1000, 50, 51, 0 },	/* one too many is gone */
		{ 1000, 1000, 50, 50, 1 },	/* a live object was touched */
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		put_heap(1, &whole);
		put_heap(2, &wrong[i]);
		assert_string_equal(verdict("refcount", "C2"), "refuted");
		teardown(state);
		setup(state);
	}
	/* Two errors that cancel in the sum. */
	put_heap(1, &(struct heap){ 1000, 999, 50, 50, 0 });
	put_heap(2, &(struct heap){ 1000, 1001, 50, 50, 0 });
	assert_string_equal(verdict("refcount", "C2"), "refuted");
}

static void c2_without_rings(void **state)
{
	(void)state;
	put_heap(1, &(struct heap){ 1000, 1000, 0, 0, 0 });
	assert_string_equal(verdict("refcount", "C2"), "undecided");
}

static void put_race(const char *name, uint64_t block, double lost, double meetings)
{
	put(name, block, "race_lost", name, lost);
	put(name, block, "race_operations", name, 1000);
	put(name, block, "race_meetings", name, meetings);
}

/* All that is to keep the count right, but one; NULL: all. */
static void put_guarded(const char *but)
{
	for (uint64_t block = 1; block <= BLOCKS; block++) {
		for (size_t i = 1; count_schemes[i]; i++)
			if (!but || strcmp(count_schemes[i]->name, but) != 0)
				put_race(count_schemes[i]->name, block, 0, 10);
		for (size_t i = 0; lock_kinds[i]; i++)
			if (lock_kinds[i]->shared &&
			    (!but || strcmp(lock_kinds[i]->name, but) != 0))
				put_race(lock_kinds[i]->name, block, 0, 10);
	}
}

static void put_plain(double least, double meetings)
{
	for (uint64_t block = 1; block <= BLOCKS; block++)
		put_race("plain", block, block == 3 ? least : 100.0 + (double)block, meetings);
}

static void c3_plain_loses_and_locks_do_not(void **state)
{
	(void)state;
	assert_string_equal(verdict("race", "C3"), "left out");
	put_plain(1, 10);
	assert_string_equal(verdict("race", "C3"), "undecided");	/* no lock was tried */
	put_guarded(NULL);
	assert_string_equal(verdict("race", "C3"), "supported");
	assert_in_range((long)(claim_of(&claims, "C3")->figure * 1000), 100, 110);
	/* What no lock guards may lose what it likes. */
	put_race("none", 1, 500, 10);
	assert_string_equal(verdict("race", "C3"), "supported");
}

static void c3_one_run_without_a_loss(void **state)
{
	(void)state;
	put_plain(0, 10);
	put_guarded(NULL);
	assert_string_equal(verdict("race", "C3"), "undecided");
}

static void c3_a_lock_that_loses(void **state)
{
	(void)state;
	put_plain(1, 10);
	put_guarded(NULL);
	put_race("ticket", BLOCKS + 1, 1, 10);
	assert_string_equal(verdict("race", "C3"), "refuted");
	assert_non_null(strstr(claim_of(&claims, "C3")->reason, "ticket"));
}

static void c3_a_lock_that_was_not_put_to_the_test(void **state)
{
	(void)state;
	put_plain(1, 10);
	put_guarded("futex");
	put_race("futex", 1, 0, 0);
	assert_string_equal(verdict("race", "C3"), "undecided");
	put_race("futex", 2, 0, 1);
	assert_string_equal(verdict("race", "C3"), "supported");
}

/* The reason of the last verdict says it, or does not. */
static bool says(const char *claim, const char *text)
{
	return strstr(claim_of(&claims, claim)->reason, text);
}

static void c3_names_all_that_were_not_put_to_the_test(void **state)
{
	(void)state;
	put_plain(1, 10);
	put_race("biased", 1, 0, 0);
	put_race("atomic", 1, 0, 0);
	put_race("global", 1, 0, 5);
	put_race("clh", 1, 0, 0);
	assert_string_equal(verdict("race", "C3"), "undecided");
	assert_true(says("C3", "; not put to the test: atomic, biased, clh"));
	assert_false(says("C3", "global"));
	assert_false(says("C3", "CPU"));
	put_race("mcs", 1, 3, 5);
	put_race("global", 2, 1, 5);
	assert_string_equal(verdict("race", "C3"), "refuted");
	assert_true(says("C3", "; of these: global, mcs; not put to the test: atomic, biased, clh"));
}

/* However long: no name is cut. */
static void c3_none_was_put_to_the_test(void **state)
{
	(void)state;
	options.cpus = 1;
	put_plain(1, 10);
	for (size_t i = 1; count_schemes[i]; i++)
		put_race(count_schemes[i]->name, 1, 0, 0);
	for (size_t i = 0; lock_kinds[i]; i++)
		if (lock_kinds[i]->shared)
			put_race(lock_kinds[i]->name, 1, 0, 0);
	assert_string_equal(verdict("race", "C3"), "undecided");
	assert_true(says("C3", "ticket, mcs, clh"));
}

static void c3_on_one_cpu(void **state)
{
	(void)state;
	options.cpus = 1;
	for (uint64_t block = 1; block <= BLOCKS; block++)
		put_race("plain", block, 0, 0);
	put_guarded(NULL);
	assert_string_equal(verdict("race", "C3"), "undecided");
	assert_true(says("C3", "on one CPU"));
	assert_true(says("C3", "allow a second"));
	/* A lock that leaks does so anywhere. */
	put_race("ticket", BLOCKS + 1, 1, 10);
	assert_string_equal(verdict("race", "C3"), "refuted");
	assert_false(says("C3", "allow a second"));
}

static void put_harmless(double meetings)
{
	for (uint64_t block = 1; block <= BLOCKS; block++)
		put_race("plain", block, 0, meetings);
	put_guarded(NULL);
}

static void c3_a_plain_count_that_never_loses(void **state)
{
	(void)state;
	put_harmless(10);
	assert_string_equal(verdict("race", "C3"), "refuted");
}

static void c3_threads_that_never_met(void **state)
{
	(void)state;
	put_harmless(0);
	assert_string_equal(verdict("race", "C3"), "undecided");
}

/* ns per operation in every block, give or take 5 %. */
static void put_ns(const char *arm, double ns)
{
	for (uint64_t block = 1; block <= BLOCKS; block++)
		put(arm, block, "count_ns", "-", ns * (1 + ((double)block - 4.5) / 70));
}

static void put_prices(double plain, double object_lock, double object_lock_2, double gil)
{
	put_ns("plain.private.1", plain);
	put_ns("object-lock.private.1", object_lock);
	put_ns("object-lock.private.2", object_lock_2);
	put_ns("global.private.2", 40);
	put_ns("biased.private.2", 2);
	put_ns("gil.private.2", gil);
}

static void c4_dear_and_solved(void **state)
{
	(void)state;
	assert_string_equal(verdict("granularity", "C4"), "left out");
	put_prices(1, 10, 12, 3);
	assert_string_equal(verdict("granularity", "C4"), "supported");
	assert_true(fabs(claim_of(&claims, "C4")->figure - 4) < 0.01);
}

static void c4_a_lock_each_costs_nothing(void **state)
{
	(void)state;
	put_prices(1, 0.5, 12, 3);
	assert_string_equal(verdict("granularity", "C4"), "refuted");
}

static void c4_the_one_lock_is_slower(void **state)
{
	(void)state;
	put_prices(1, 10, 12, 30);
	assert_string_equal(verdict("granularity", "C4"), "refuted");
}

static void c4_no_difference_that_can_be_told(void **state)
{
	(void)state;
	put_prices(1, 10, 12, 5);
	put("object-lock.private.2", 9, "count_ns", "-", 1);
	for (uint64_t block = 9; block < 16; block++) {
		put("object-lock.private.2", block, "count_ns", "-", 1);
		put("gil.private.2", block, "count_ns", "-", 5);
	}
	assert_string_equal(verdict("granularity", "C4"), "undecided");
}

static void c4_a_single_block_has_no_interval(void **state)
{
	(void)state;
	put("plain.private.1", 1, "count_ns", "-", 1);
	put("object-lock.private.1", 1, "count_ns", "-", 10);
	put("object-lock.private.2", 1, "count_ns", "-", 10);
	put("gil.private.2", 1, "count_ns", "-", 2);
	assert_string_equal(verdict("granularity", "C4"), "undecided");
}

/* With --lock the one lock is another, and with --workers it is more threads that count. */
static void c4_by_what_the_command_line_says(void **state)
{
	(void)state;
	put_prices(1, 10, 12, 3);
	put_ns("mutex.private.2", 60);
	options.lock = "mutex";
	assert_string_equal(verdict("granularity", "C4"), "refuted");
	options.lock = NULL;
	options.workers = 4;
	assert_string_equal(verdict("granularity", "C4"), "left out");
	put_ns("object-lock.private.4", 12);
	put_ns("gil.private.4", 24);
	assert_string_equal(verdict("granularity", "C4"), "refuted");
}

static bool has_argument(const struct plan_arm *step, const char *argument)
{
	for (size_t i = 0; i < step->nargs; i++)
		if (strcmp(step->args[i], argument) == 0)
			return true;
	return false;
}

/* Every scheme and every lock of the lists is run, and what the user says reaches the program. */
static void plans_cover_all(void **state)
{
	struct lab_plan plan = { 0 };
	size_t wanted = 0, found = 0;

	(void)state;
	options.workers = 3;
	assert_int_equal(lab__find("race")->plan(&options, &plan), 0);
	assert_false(plan.failed);
	for (size_t i = 0; count_schemes[i]; i++)
		wanted++;
	for (size_t i = 0; lock_kinds[i]; i++)
		wanted += lock_kinds[i]->shared;
	assert_int_equal(plan.count, wanted);
	for (size_t i = 0; i < plan.count; i++)
		found += has_argument(&plan.steps[i], "--workers=3");
	assert_int_equal(found, wanted);
	lab_plan__free(&plan);
	assert_int_equal(lab__find("granularity")->plan(&options, &plan), 0);
	assert_false(plan.failed);
	assert_int_equal(plan.count, 6 + 12 + 12 + 1);	/* 1, 2, 3 threads; one watched */
	lab_plan__free(&plan);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(c1_counts_as_printed),
		TEST(c1_freed_too_early),
		TEST(c1_never_freed),
		TEST(c2_reclaimed_whole),
		TEST(c2_any_run_may_refute),
		TEST(c2_without_rings),
		TEST(c3_plain_loses_and_locks_do_not),
		TEST(c3_one_run_without_a_loss),
		TEST(c3_a_lock_that_loses),
		TEST(c3_a_lock_that_was_not_put_to_the_test),
		TEST(c3_names_all_that_were_not_put_to_the_test),
		TEST(c3_none_was_put_to_the_test),
		TEST(c3_on_one_cpu),
		TEST(c3_a_plain_count_that_never_loses),
		TEST(c3_threads_that_never_met),
		TEST(c4_dear_and_solved),
		TEST(c4_a_lock_each_costs_nothing),
		TEST(c4_the_one_lock_is_slower),
		TEST(c4_no_difference_that_can_be_told),
		TEST(c4_a_single_block_has_no_interval),
		TEST(c4_by_what_the_command_line_says),
		TEST(plans_cover_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
