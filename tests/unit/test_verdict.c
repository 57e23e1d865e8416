// SPDX-License-Identifier: GPL-2.0-or-later
// Verdicts over trials whose answer is planted: they come back, add up, and flip.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "../../user/program/arm_name.h"
#include "../../user/report/report.h"
#include "../../user/labs/headline.h"
#include "../../user/verdict/judge.h"
#include "../../user/verdict/verdict.h"

#define BLOCKS 12

/* What threads cost over sequential, in ms, by cause. */
struct plan {
	double switching;	/* over signal, queue, take and pre-empted by siblings */
	double others;
	double memory;		/* also in interleaved */
	double rest;		/* held_running, for no reason we know */
	double drift;		/* of the machine from block to block, in all arms alike */
	double tracing;		/* factor on traced runs */
};

static void add(struct trials *trials, const char *arm, uint64_t block, bool traced,
		const double lock_ms[LOCK_STATES], double wall_ms)
{
	struct trial trial = { .block = block, .traced = traced, .valid = true,
				 .has_lock = traced && lock_ms, .wall_ms = wall_ms,
				 .handoffs = 100,
				 .acquisitions = strcmp(arm, "sequential") ? 1000 : 0 };

	snprintf(trial.arm, sizeof(trial.arm), "%s", arm);
	trial.interval_us = arm_name__split(arm, trial.of);
	if (trial.has_lock)
		memcpy(trial.lock_ms, lock_ms, sizeof(trial.lock_ms));
	assert_int_equal(trials__add(trials, &trial), 0);
}

static void add_block(struct trials *trials, const struct plan *plan, uint64_t block)
{
	/* The warm-up is three times as slow: it must not be seen. */
	double base = (block ? 1000 : 3000) + plan->drift * (double)(block % 4);

	for (int traced = 0; traced < 2; traced++) {
		double f = traced ? plan->tracing : 1;
		double sequential[LOCK_STATES] = { [HELD_RUNNING] = base * f };
		double threads[LOCK_STATES] = {
			[HELD_RUNNING] = (base + plan->memory + plan->rest) * f,
			[HELD_PREEMPTED_SELF] = plan->switching / 4 * f,
			[HANDOFF_SIGNAL] = plan->switching / 4 * f,
			[HANDOFF_QUEUE] = plan->switching / 4 * f,
			[HANDOFF_TAKE] = plan->switching / 4 * f,
			[HELD_PREEMPTED_OTHER] = plan->others * f,
		};
		double total = f * (base + plan->memory + plan->rest + plan->switching +
				    plan->others);

		add(trials, "sequential", block, traced, sequential, base * f);
		add(trials, "interleaved", block, traced, NULL, (base + plan->memory) * f);
		add(trials, "threads-1cpu", block, traced, threads, total - 10 * f);
		add(trials, "threads", block, traced, threads, total);
	}
}

static void judge(const struct plan *plan, struct trials *trials, struct verdict *verdict)
{
	memset(trials, 0, sizeof(*trials));
	for (uint64_t block = 0; block <= BLOCKS; block++)
		add_block(trials, plan, block);
	assert_int_equal(verdict__judge(trials, &headline__question, &(struct verdict_prices){ 2000, NAN }, verdict), 0);
}

#define assert_near(a, b) assert_true(fabs((a) - (b)) < 1e-6)

static void planted_parts_come_back(void **state)
{
	const struct plan plan = { 40, 10, 300, 50, 30, 1.01 };
	struct trials trials;
	struct verdict verdict;

	(void)state;
	judge(&plan, &trials, &verdict);
	assert_true(verdict.slower);
	assert_int_equal(verdict.blocks, BLOCKS);
	assert_near(verdict.excess_ms.mid, 400);
	assert_near(verdict.parts[LEDGER_SWITCHING].ms.mid, 40 * 1.01);
	assert_near(verdict.parts[LEDGER_SWITCHING].share.mid, 0.1);
	assert_near(verdict.parts[LEDGER_TAKE].share.mid, 0.025);
	assert_near(verdict.parts[LEDGER_PREEMPTED_OTHER].share.mid, 0.025);
	assert_near(verdict.parts[LEDGER_MEMORY].share.mid, 0.75);
	assert_near(verdict.parts[LEDGER_LOCK].ms.mid, 2);
	assert_near(verdict.parts[LEDGER_NOT_EXPLAINED].ms.mid, 50 * 1.01 - 2);
	assert_near(verdict.parts[LEDGER_TOTAL].share.mid, 1);
	assert_near(verdict.parts[LADDER_MEMORY].ms.mid, 300);
	assert_near(verdict.parts[LADDER_ONE_CPU].ms.mid, 90);
	assert_near(verdict.parts[LADDER_ALL_CPUS].ms.mid, 10);
	assert_near(verdict.parts[LADDER_LOCK].ms.mid, 2);
	assert_near(verdict.parts[LADDER_SWITCHING].ms.mid, 98);
	assert_near(verdict.arms[3].overhead.mid, 1.01);
	verdict__free(&verdict);
	trials__free(&trials);
}

static void lines_add_up(void **state)
{
	const struct plan plan = { 40, 10, 300, 50, 30, 1.01 };
	struct trials trials;
	struct verdict verdict;
	const struct verdict_part *parts = verdict.parts;

	(void)state;
	judge(&plan, &trials, &verdict);
	assert_near(parts[LEDGER_SWITCHING].ms.mid + parts[LEDGER_PREEMPTED_OTHER].ms.mid +
		    parts[LEDGER_BLOCKED].ms.mid + parts[LEDGER_IDLE].ms.mid +
		    parts[LEDGER_MEMORY].ms.mid + parts[LEDGER_LOCK].ms.mid +
		    parts[LEDGER_NOT_EXPLAINED].ms.mid, parts[LEDGER_TOTAL].ms.mid);
	assert_near(parts[LADDER_MEMORY].ms.mid + parts[LADDER_ONE_CPU].ms.mid +
		    parts[LADDER_ALL_CPUS].ms.mid, parts[LADDER_TOTAL].ms.mid);
	verdict__free(&verdict);
	trials__free(&trials);
}

/* A lock taken at every step costs sequential too, and interleaved nothing. */
static void lock_operations_are_not_memory(void **state)
{
	const struct plan plan = { 40, 0, 300, 0, 0, 1 };
	struct trials trials;
	struct verdict verdict;
	const struct verdict_part *parts = verdict.parts;

	(void)state;
	judge(&plan, &trials, &verdict);
	for (size_t i = 0; i < trials.count; i++)
		if (strcmp(trials.items[i].arm, "sequential") == 0)
			trials.items[i].acquisitions = 600;
	verdict__free(&verdict);
	assert_int_equal(verdict__judge(&trials, &headline__question, &(struct verdict_prices){ 50000, NAN }, &verdict), 0);
	assert_near(parts[LADDER_MEMORY].ms.mid, 330);
	assert_near(parts[LEDGER_MEMORY].ms.mid, 330);
	assert_near(parts[LEDGER_LOCK].ms.mid, 20);
	assert_near(parts[LEDGER_NOT_EXPLAINED].ms.mid, -30 - 20);
	assert_near(parts[LADDER_LOCK].ms.mid, 20);
	assert_near(parts[LADDER_SWITCHING].ms.mid, 40 - 50);
	assert_near(parts[LADDER_MEMORY].ms.mid + parts[LADDER_LOCK].ms.mid +
		    parts[LADDER_SWITCHING].ms.mid, parts[LADDER_TOTAL].ms.mid);
	verdict__free(&verdict);
	trials__free(&trials);
}

static bool report_says(const struct plan *plan, const char *what)
{
	struct trials trials;
	struct verdict verdict;
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);
	bool said;

	judge(plan, &trials, &verdict);
	report__text(memory, &(struct report){ .verdict = &verdict, .lock = "gil" });
	fclose(memory);
	said = strstr(text, what) != NULL;
	free(text);
	verdict__free(&verdict);
	trials__free(&trials);
	return said;
}

/* Where watching changes the run, the answer says so. */
static void a_felt_tracer_is_reported(void **state)
{
	const struct plan felt = { 40, 0, 300, 0, 0, 0.8 }, not_felt = { 40, 0, 300, 0, 0, 1.01 };

	(void)state;
	assert_true(report_says(&felt, "tracing changes threads"));
	assert_false(report_says(&not_felt, "tracing changes"));
}

static void no_slowdown_means_no_shares(void **state)
{
	const struct plan equal = { 0, 0, 0, 0, 30, 1 }, faster = { 0, 0, 0, -100, 0, 1 };
	struct trials trials;
	struct verdict verdict;
	char text[1024];

	(void)state;
	judge(&equal, &trials, &verdict);
	assert_false(verdict.slower);
	for (int i = 0; i < VERDICT_COMPONENTS; i++)
		assert_int_equal(verdict.parts[i].share.n, 0);
	report__sentence(text, sizeof(text), &(struct report){ .verdict = &verdict });
	assert_non_null(strstr(text, "No slowdown here"));
	verdict__free(&verdict);
	trials__free(&trials);
	judge(&faster, &trials, &verdict);
	assert_false(verdict.slower);
	verdict__free(&verdict);
	trials__free(&trials);
}

static void invalid_runs_take_no_part(void **state)
{
	const struct plan plan = { 40, 0, 0, 0, 0, 1 };
	struct trials trials;
	struct verdict verdict;

	(void)state;
	judge(&plan, &trials, &verdict);
	for (size_t i = 0; i < trials.count; i++) {
		if (trials.items[i].block % 3)
			continue;
		trials.items[i].valid = false;
		trials.items[i].wall_ms = 1e9;
	}
	verdict__free(&verdict);
	assert_int_equal(verdict__judge(&trials, &headline__question, &(struct verdict_prices){ 2000, NAN }, &verdict), 0);
	assert_near(verdict.excess_ms.mid, 40);
	assert_int_equal(verdict.excess_ms.n, 8);
	assert_int_equal(verdict.invalid, 4 * 8);
	for (size_t i = 0; i < trials.count; i++)
		trials.items[i].valid = false;
	verdict__free(&verdict);
	assert_int_equal(verdict__judge(&trials, &headline__question, &(struct verdict_prices){ 2000, NAN }, &verdict),
			 -ENODATA);
	verdict__free(&verdict);
	trials__free(&trials);
}

static void missing_arms_leave_their_lines_out(void **state)
{
	struct trials trials = { 0 };
	struct verdict verdict;

	(void)state;
	for (uint64_t block = 0; block <= BLOCKS; block++) {
		add(&trials, "sequential", block, false, NULL, 100);
		add(&trials, "threads", block, false, NULL, 130 + (double)block / 10);
	}
	assert_int_equal(verdict__judge(&trials, &headline__question, NULL, &verdict), 0);
	assert_true(verdict.slower);
	assert_int_equal(verdict.parts[LEDGER_SWITCHING].ms.n, 0);
	assert_int_equal(verdict.parts[LADDER_MEMORY].ms.n, 0);
	assert_int_equal(verdict.parts[LADDER_TOTAL].ms.n, BLOCKS);
	assert_int_equal(verdict.narms, 2);
	verdict__free(&verdict);
	trials__free(&trials);
}

static void one_block_has_no_interval(void **state)
{
	struct trials trials = { 0 };
	struct verdict verdict;

	(void)state;
	add(&trials, "sequential", 1, false, NULL, 100);
	add(&trials, "threads", 1, false, NULL, 200);
	assert_int_equal(verdict__judge(&trials, &headline__question, NULL, &verdict), 0);
	assert_near(verdict.slowdown.mid, 2);
	assert_false(verdict.slower);
	verdict__free(&verdict);
	trials__free(&trials);
}

static const char *const compare_arms[] = { "base", "other", "other-1cpu", "other-interval-500",
					    "other-interval-5000", NULL };
static const struct verdict_question compare = {
	.base = "base", .other = "other", .one_cpu = "other-1cpu", .arms = compare_arms,
};

/* base 1000 ms; other 40 ms of switching, 10 of noise and 250 of running more. */
static void add_programs(struct trials *trials, bool base_lock, bool other_lock)
{
	const double base[LOCK_STATES] = { [HELD_RUNNING] = 900, [FREE_IDLE] = 100 };
	const double other[LOCK_STATES] = { [HELD_RUNNING] = 1150, [FREE_IDLE] = 100,
					    [HANDOFF_SIGNAL] = 15, [HANDOFF_TAKE] = 25,
					    [HELD_PREEMPTED_OTHER] = 10 };

	for (uint64_t block = 0; block <= BLOCKS; block++)
		for (int traced = 0; traced < 2; traced++) {
			double drift = (double)(block % 3);

			add(trials, "other-interval-500", block, traced, NULL, 1430 + drift);
			add(trials, "other-1cpu", block, traced, NULL, 1120 + drift);
			add(trials, "other", block, traced, other_lock ? other : NULL,
			    1300 + drift);
			add(trials, "base", block, traced, base_lock ? base : NULL, 1000 + drift);
		}
}

static void judge_programs(struct trials *trials, struct verdict *verdict, bool base_lock,
			   bool other_lock)
{
	memset(trials, 0, sizeof(*trials));
	add_programs(trials, base_lock, other_lock);
	assert_int_equal(verdict__judge(trials, &compare, NULL, verdict), 0);
	assert_true(verdict->slower);
	assert_near(verdict->excess_ms.mid, 300);
}

static void programs_without_a_memory_arm_add_up(void **state)
{
	struct trials trials;
	struct verdict verdict;
	const struct verdict_part *parts = verdict.parts;

	(void)state;
	judge_programs(&trials, &verdict, true, true);
	assert_near(parts[LEDGER_SWITCHING].ms.mid, 40);
	assert_near(parts[LEDGER_NOT_EXPLAINED].ms.mid, 250);
	assert_near(parts[LEDGER_NOT_EXPLAINED].ms.mid, parts[LEDGER_RUNNING].ms.mid);
	assert_near(parts[LEDGER_SWITCHING].ms.mid + parts[LEDGER_PREEMPTED_OTHER].ms.mid +
		    parts[LEDGER_BLOCKED].ms.mid + parts[LEDGER_IDLE].ms.mid +
		    parts[LEDGER_NOT_EXPLAINED].ms.mid, parts[LEDGER_TOTAL].ms.mid);
	assert_near(parts[LEDGER_TOTAL].ms.mid, 300);
	assert_near(parts[LADDER_ONE_CPU].ms.mid, 120);
	assert_near(parts[LADDER_ALL_CPUS].ms.mid, 180);
	assert_near(parts[LADDER_TOTAL].ms.mid, 300);
	assert_string_equal(verdict__component(&compare, LADDER_ONE_CPU), "one_cpu");
	assert_string_equal(verdict__component(&headline__question, LADDER_ONE_CPU),
			    "switching_one_cpu");
	verdict__free(&verdict);
	trials__free(&trials);
}

/* What cannot be told apart is missing, never 0. */
static void programs_have_no_memory_line(void **state)
{
	static const enum verdict_component missing[] = { LEDGER_MEMORY, LADDER_MEMORY, LADDER_LOCK,
							  LADDER_SWITCHING };
	struct trials trials;
	struct verdict verdict;

	(void)state;
	judge_programs(&trials, &verdict, true, true);
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		struct verdict_row row;

		assert_int_equal(verdict.parts[missing[i]].ms.n, 0);
		assert_int_equal(verdict.parts[missing[i]].share.n, 0);
		report__row(&verdict, missing[i], "compare", &row);
		assert_true(isnan(row.excess_ms) && isnan(row.share));
	}
	verdict__free(&verdict);
	trials__free(&trials);
}

static void a_ledger_needs_a_lock_in_both_programs(void **state)
{
	struct trials trials;
	struct verdict verdict;

	(void)state;
	for (int locks = 0; locks < 3; locks++) {
		judge_programs(&trials, &verdict, locks == 1, locks == 2);
		for (int i = LEDGER_TOTAL; i < LADDER_TOTAL; i++)
			assert_int_equal(verdict.parts[i].ms.n, 0);
		assert_near(verdict.parts[LADDER_ONE_CPU].ms.mid, 120);
		assert_near(verdict.parts[LADDER_TOTAL].share.mid, 1);
		assert_int_equal(verdict__arm(&verdict, "base")->has_lock, locks == 1);
		assert_int_equal(verdict__arm(&verdict, "other")->has_lock, locks == 2);
		verdict__free(&verdict);
	trials__free(&trials);
	}
}

/* Of a lock that was watched too late the arm says so, and has no ledger. */
static void a_lock_that_came_late_is_told_from_none(void **state)
{
	struct trials trials = { 0 };
	struct verdict verdict;

	(void)state;
	add_programs(&trials, true, false);
	for (size_t i = 0; i < trials.count; i++)
		trials.items[i].late = trials.items[i].traced && !trials.items[i].has_lock;
	assert_int_equal(verdict__judge(&trials, &compare, NULL, &verdict), 0);
	assert_int_equal(verdict.parts[LEDGER_TOTAL].ms.n, 0);
	assert_false(verdict__arm(&verdict, "base")->late);
	assert_true(verdict__arm(&verdict, "other")->late);
	verdict__free(&verdict);
	trials__free(&trials);
}

/* In the order of the question, whatever the order of runs; held against other as well. */
static void arms_come_in_the_order_asked_for(void **state)
{
	struct trials trials;
	struct verdict verdict;

	(void)state;
	judge_programs(&trials, &verdict, true, true);
	/* Given up in the warm-up: not measured. */
	add(&trials, "other-interval-5000", 0, false, NULL, 1300);
	verdict__free(&verdict);
	assert_int_equal(verdict__judge(&trials, &compare, NULL, &verdict), 0);
	assert_int_equal(verdict.narms, 4);
	for (size_t i = 0; i < verdict.narms; i++)
		assert_string_equal(verdict.arms[i].arm, compare_arms[i]);
	assert_near(verdict.arms[3].ratio.mid, 1431.0 / 1001);
	assert_near(verdict.arms[3].to_other.mid, 1431.0 / 1301);
	verdict__free(&verdict);
	trials__free(&trials);
}

static void compare_report(char *text, size_t size, bool base_lock, bool other_lock)
{
	const struct report_comparison programs = { "sort -u a", "sort -u b", "",
						    "a stripped file" };
	struct trials trials;
	struct verdict verdict;
	FILE *memory = fmemopen(text, size, "w");

	judge_programs(&trials, &verdict, base_lock, other_lock);
	report__text(memory, &(struct report){ .verdict = &verdict, .comparison = &programs,
	 });
	fclose(memory);
	verdict__free(&verdict);
	trials__free(&trials);
}

static void a_comparison_speaks_of_two_programs(void **state)
{
	static char text[16384];

	(void)state;
	compare_report(text, sizeof(text), true, true);
	assert_non_null(strstr(text, "OTHER took 1.300"));
	assert_non_null(strstr(text, "BASE  sort -u a\n"));
	assert_non_null(strstr(text, "context switching explains 13.3 %"));
	assert_non_null(strstr(text, "83.3 %"));
	assert_non_null(strstr(text, "  500  1431"));
	assert_null(strstr(text, "memory"));
	assert_null(strstr(text, "threads -"));
	assert_non_null(strstr(text, "OTHER sort -u b\n"));
	compare_report(text, sizeof(text), true, false);
	assert_non_null(strstr(text, "no lock was found in OTHER"));
	assert_non_null(strstr(text, "OTHER: a stripped file"));
	assert_null(strstr(text, "context switching explains"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planted_parts_come_back),
		cmocka_unit_test(lines_add_up),
		cmocka_unit_test(lock_operations_are_not_memory),
		cmocka_unit_test(a_felt_tracer_is_reported),
		cmocka_unit_test(no_slowdown_means_no_shares),
		cmocka_unit_test(invalid_runs_take_no_part),
		cmocka_unit_test(missing_arms_leave_their_lines_out),
		cmocka_unit_test(one_block_has_no_interval),
		cmocka_unit_test(programs_without_a_memory_arm_add_up),
		cmocka_unit_test(programs_have_no_memory_line),
		cmocka_unit_test(a_ledger_needs_a_lock_in_both_programs),
		cmocka_unit_test(a_lock_that_came_late_is_told_from_none),
		cmocka_unit_test(arms_come_in_the_order_asked_for),
		cmocka_unit_test(a_comparison_speaks_of_two_programs),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
