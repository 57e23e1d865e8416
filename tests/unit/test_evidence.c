// SPDX-License-Identifier: GPL-2.0-or-later
// The three lines of evidence over planted runs: what was planted comes back, adds up, and flips.
#include <cjson/cJSON.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/verdict/agreement.h"
#include "../../user/verdict/blocks.h"
#include "../../user/program/arm_name.h"
#include "../../user/run/disturbed.h"
#include "../../user/report/report.h"
#include "../../user/report/lines.h"
#include "../../user/labs/headline.h"
#include "../../user/verdict/judge.h"
#include "../../user/verdict/verdict.h"

#define BLOCKS 8

#define assert_near(a, b) assert_true(fabs((a) - (b)) < 1e-6)

/* Of threads, over sequential at 1000 ms. */
struct plan {
	double handoffs;
	double narrow_ms;	/* of each hand-off, around it */
	double indirect_ms;	/* of each, inside the holder's time */
	double memory_ms;
	double faults_ms;	/* of memory */
	double rest_ms;
	double drift_ms;
	bool sampled;
};

static const struct plan usual = { .handoffs = 100, .narrow_ms = 0.5, .indirect_ms = 1,
				   .memory_ms = 300, .faults_ms = 120, .rest_ms = 40,
				   .drift_ms = 10, .sampled = true };

static const struct verdict_prices prices = { 2000, 4000 };

static void add(struct trials *trials, const struct trial *trial, const char *arm)
{
	struct trial copy = *trial;

	copy.valid = true;
	snprintf(copy.arm, sizeof(copy.arm), "%s", arm);
	copy.interval_us = arm_name__split(arm, copy.of);
	assert_int_equal(trials__add(trials, &copy), 0);
}

static struct trial sequential(uint64_t block, bool traced, const struct plan *plan)
{
	double wall = 1000 + plan->drift_ms * (double)(block % 3);

	return (struct trial){
		.block = block, .traced = traced, .wall_ms = wall,
		.has_lock = traced, .lock_ms = { [HELD_RUNNING] = wall },
		.sampled = plan->sampled, .running_ms = { [SAMPLE_KIND_FAULT] = 30 },
	};
}

static struct trial threads(uint64_t block, bool traced, const struct plan *plan, double handoffs)
{
	struct trial one = sequential(block, traced, plan);
	double lock_ms = 0.5 * 2;	/* as many acquisitions at the price above */

	one.lock_ms[HELD_RUNNING] += plan->memory_ms + plan->rest_ms + lock_ms +
				     plan->indirect_ms * handoffs;
	one.lock_ms[HANDOFF_SIGNAL] = plan->narrow_ms * handoffs;
	one.wall_ms += plan->memory_ms + plan->rest_ms + lock_ms +
		       (plan->narrow_ms + plan->indirect_ms) * handoffs;
	one.running_ms[SAMPLE_KIND_FAULT] += plan->faults_ms;
	one.handoffs = handoffs;
	one.acquisitions = 500;
	return one;
}

static void add_block(struct trials *trials, const struct plan *plan, uint64_t block)
{
	for (int traced = 0; traced < 2; traced++) {
		struct trial one = sequential(block, traced, plan);
		struct trial many = threads(block, traced, plan, plan->handoffs);

		add(trials, &one, "sequential");
		add(trials, &many, "threads");
		many.wall_ms -= 20;
		add(trials, &many, "threads-1cpu");
		one.wall_ms += plan->memory_ms;
		one.has_lock = false;
		add(trials, &one, "interleaved");
	}
}

/* Untraced only, and in no order. */
static void add_doses(struct trials *trials, const struct plan *plan, uint64_t block)
{
	struct trial often = threads(block, false, plan, 20 * plan->handoffs);
	struct trial more = threads(block, false, plan, 4 * plan->handoffs);

	add(trials, &more, "threads-interval-1000");
	add(trials, &often, "threads-interval-100");
}

static void fill(struct trials *trials, const struct plan *plan)
{
	*trials = (struct trials){ 0 };
	for (uint64_t block = 0; block <= BLOCKS; block++) {
		add_block(trials, plan, block);
		add_doses(trials, plan, block);
	}
}

static void judge(const struct trials *trials, struct verdict *verdict)
{
	assert_int_equal(verdict__judge(trials, &headline__question, &prices, verdict), 0);
}

static void the_dose_comes_back(void **state)
{
	struct trials trials;
	struct verdict verdict;
	const struct verdict_part *parts = verdict.parts;

	(void)state;
	fill(&trials, &usual);
	judge(&trials, &verdict);
	assert_true(verdict.slower);
	assert_near(verdict.dose.slope_us.mid, 1500);
	assert_near(verdict.dose.intercept_ms.mid, 341);
	assert_int_equal(verdict.dose.slope_us.n, BLOCKS);
	assert_near(parts[DOSE_SWITCHING].ms.mid, 150);
	assert_near(parts[DOSE_INDIRECT].ms.mid, 100);
	assert_near(parts[DOSE_WITHOUT].ms.mid, 341);
	assert_near(parts[DOSE_TOTAL].ms.mid, 491);
	assert_near(parts[DOSE_SWITCHING].share.mid, 150.0 / 491);
	assert_int_equal(verdict.points.count, 3 * BLOCKS);
	verdict__free(&verdict);
	trials__free(&trials);
}

/* Arms at other intervals are found by themselves, behind the others, by their interval. */
static void doses_are_arms_of_their_own(void **state)
{
	static const char *const want[] = { "sequential", "interleaved", "threads-1cpu", "threads",
					    "threads-interval-100", "threads-interval-1000" };
	struct trials trials;
	struct verdict verdict;

	(void)state;
	fill(&trials, &usual);
	judge(&trials, &verdict);
	assert_int_equal(verdict.narms, 6);
	for (size_t i = 0; i < verdict.narms; i++)
		assert_string_equal(verdict.arms[i].arm, want[i]);
	assert_int_equal(verdict.arms[4].interval_us, 100);
	assert_int_equal(verdict.arms[4].overhead.n, 0);
	assert_near(verdict.arms[4].handoffs, 2000);
	verdict__free(&verdict);
	trials__free(&trials);
}

static void says(const char *arm, const char *of, uint64_t interval_us)
{
	char name[ROWS_NAME_SIZE];

	assert_int_equal(arm_name__split(arm, name), interval_us);
	assert_string_equal(name, of);
}

static void an_arm_at_another_interval_is_known_by_its_name(void **state)
{
	(void)state;
	says("threads-interval-100", "threads", 100);
	says("threads-i100", "threads", 100);
	says("other-interval-50000", "other", 50000);
	says("threads-1cpu-i100", "threads-1cpu", 100);
	says("python-threads-i32000", "python-threads", 32000);
	says("threads", "", 0);
	says("threads-1cpu", "", 0);
	says("threads-idle", "", 0);
	says("threads-interval-", "", 0);
	says("threads-interval-0", "", 0);
	says("threads-interval-05", "", 0);
	says("threads-interval-100x", "", 0);
	says("threads-interval-99999999999999999999999", "", 0);
	says("", "", 0);
}

static void only_some_intervals_may_be_asked_for(void **state)
{
	char long_name[2 * ROWS_NAME_SIZE + 32];

	(void)state;
	assert_int_equal(arm_name__asked_us("threads-interval-320", "threads"), 320);
	assert_int_equal(arm_name__asked_us("other-interval-10000000", "other"), 10000000);
	assert_int_equal(arm_name__asked_us("other-interval-10000001", "other"), 0);
	assert_int_equal(arm_name__asked_us("threads-i320", "threads"), 0);
	assert_int_equal(arm_name__asked_us("other-interval-100", "threads"), 0);
	assert_int_equal(arm_name__asked_us("processes-interval-320", "threads"), 0);
	assert_int_equal(arm_name__asked_us("threads", "threads"), 0);
	snprintf(long_name, sizeof(long_name), "%0*d-interval-5", 2 * ROWS_NAME_SIZE, 0);
	assert_int_equal(arm_name__asked_us(long_name, "threads"), 0);
}

static void the_holders_time_is_split(void **state)
{
	struct trials trials;
	struct verdict verdict;
	const struct verdict_part *parts = verdict.parts;

	(void)state;
	fill(&trials, &usual);
	judge(&trials, &verdict);
	assert_near(parts[LEDGER_RUNNING].ms.mid, 300 + 40 + 1 + 100);
	assert_near(parts[LEDGER_MEMORY].ms.mid, 300);
	assert_near(parts[LEDGER_PAGE_FAULTS].ms.mid, 120);
	assert_near(parts[LEDGER_WORKING_SET].ms.mid, 180);
	assert_near(parts[LEDGER_LOCK].ms.mid, 1);
	assert_near(parts[LEDGER_NOT_EXPLAINED].ms.mid, 140);
	/* A prediction, beside the parts. */
	assert_near(parts[LEDGER_SWITCH_DIRECT].ms.mid, 100 * 4000 / 1e6);
	verdict__free(&verdict);
	trials__free(&trials);
}

/* Without samples, or without prices, the rest takes what has no name; nothing becomes 0. */
static void what_is_not_known_is_missing(void **state)
{
	struct plan plan = usual;
	struct trials trials;
	struct verdict verdict;
	const struct verdict_part *parts = verdict.parts;

	(void)state;
	plan.sampled = false;
	fill(&trials, &plan);
	assert_int_equal(verdict__judge(&trials, &headline__question, NULL, &verdict), 0);
	assert_int_equal(parts[LEDGER_PAGE_FAULTS].ms.n, 0);
	assert_int_equal(parts[LEDGER_WORKING_SET].ms.n, 0);
	assert_int_equal(parts[LEDGER_LOCK].ms.n, 0);
	assert_int_equal(parts[LADDER_LOCK].ms.n, 0);
	assert_int_equal(parts[LEDGER_SWITCH_DIRECT].ms.n, 0);
	assert_near(parts[LEDGER_MEMORY].ms.mid, 300);
	assert_near(parts[LEDGER_NOT_EXPLAINED].ms.mid, 141);
	verdict__free(&verdict);
	trials__free(&trials);
}

/* One block: its figures are the medians, so they have to add up to the last digit. */
static void random_blocks(struct trials *trials)
{
	*trials = (struct trials){ 0 };
	add_block(trials, &usual, 1);
	add_doses(trials, &usual, 1);
	for (size_t i = 0; i < trials->count; i++) {
		struct trial *trial = &trials->items[i];

		trial->wall_ms *= 0.5 + drand48();
		trial->running_ms[SAMPLE_KIND_FAULT] *= drand48();
		trial->acquisitions *= drand48();
		for (int state = 0; state < LOCK_STATES; state++)
			trial->lock_ms[state] += 100 * drand48();
	}
}

static double sum_of_parts(const struct verdict *verdict, enum verdict_component whole)
{
	double sum = 0;

	for (int i = 0; i < VERDICT_COMPONENTS; i++)
		if (i != (int)whole && verdict__parent(&verdict->question, i) == whole)
			sum += verdict->parts[i].ms.mid;
	return sum;
}

static void parts_add_up_to_their_whole(void **state)
{
	static const enum verdict_component wholes[] = { LEDGER_TOTAL, LEDGER_SWITCHING,
							 LEDGER_RUNNING, LEDGER_MEMORY,
							 LADDER_TOTAL };
	(void)state;
	for (long seed = 0; seed < 20; seed++) {
		struct trials trials;
		struct verdict verdict;

		srand48(seed);
		random_blocks(&trials);
		judge(&trials, &verdict);
		for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++)
			assert_near(sum_of_parts(&verdict, wholes[i]),
				    verdict.parts[wholes[i]].ms.mid);
		verdict__free(&verdict);
		trials__free(&trials);
	}
}

/* Other programs' hand-offs are known where they were traced, their times where they were not. */
static void hand_offs_of_programs_are_those_of_traced_runs(void **state)
{
	static const char *const arms[] = { "base", "other", NULL };
	static const struct verdict_question question = { .base = "base", .other = "other",
							  .arms = arms };
	struct trials trials = { 0 };
	struct verdict verdict;

	(void)state;
	for (uint64_t block = 1; block <= BLOCKS; block++)
		for (int traced = 0; traced < 2; traced++) {
			/* Tracing makes it slower: that is not to be seen. */
			struct trial base = { .block = block, .traced = traced,
					       .wall_ms = traced ? 1200 : 1000,
					       .handoffs = NAN };
			struct trial other = base, often = base;

			other.wall_ms += traced ? 700 : 60;
			other.handoffs = traced ? 20 : NAN;
			often.wall_ms += traced ? 900 : 60 + 40;
			often.handoffs = traced ? 100 : NAN;
			add(&trials, &base, "base");
			add(&trials, &other, "other");
			add(&trials, &often, "other-interval-500");
		}
	assert_int_equal(verdict__judge(&trials, &question, NULL, &verdict), 0);
	assert_near(verdict.dose.slope_us.mid, 500);
	assert_near(verdict.parts[DOSE_SWITCHING].ms.mid, 10);
	assert_near(verdict.parts[DOSE_WITHOUT].ms.mid, 50);
	assert_int_equal(verdict.parts[DOSE_INDIRECT].ms.n, 0);
	verdict__free(&verdict);
	trials__free(&trials);
}

/* A lock that knows no interval makes as many hand-offs at each. */
static void a_dose_that_does_not_vary_has_no_line(void **state)
{
	struct trials trials;
	struct verdict verdict;

	(void)state;
	fill(&trials, &usual);
	for (size_t i = 0; i < trials.count; i++)
		trials.items[i].handoffs = 100 + (double)(i % 7);
	judge(&trials, &verdict);
	assert_int_equal(verdict.dose.slope_us.n, 0);
	assert_int_equal(verdict.parts[DOSE_SWITCHING].ms.n, 0);
	assert_true(verdict.slower);
	verdict__free(&verdict);
	trials__free(&trials);
}

/* Where traced runs are faster, a share of what they lost has a sign that means nothing. */
static void a_ledger_without_a_slowdown_has_no_shares(void **state)
{
	struct trials trials;
	struct verdict verdict;

	(void)state;
	fill(&trials, &usual);
	for (size_t i = 0; i < trials.count; i++)
		if (trials.items[i].traced && strcmp(trials.items[i].arm, "sequential") == 0)
			trials.items[i].lock_ms[HELD_RUNNING] += 1000;
	judge(&trials, &verdict);
	assert_true(verdict.slower);
	assert_int_equal(verdict.parts[LEDGER_SWITCHING].ms.n, BLOCKS);
	assert_int_equal(verdict.parts[LEDGER_SWITCHING].share.n, 0);
	assert_int_equal(verdict.parts[LADDER_SWITCHING].share.n, BLOCKS);
	verdict__free(&verdict);
	trials__free(&trials);
}

static void marked_runs_count_and_are_left_out_beside(void **state)
{
	struct trials trials;
	struct verdict verdict;
	uint64_t marked = 0;

	(void)state;
	fill(&trials, &usual);
	for (size_t i = 0; i < trials.count; i++) {
		struct trial *trial = &trials.items[i];

		if (strcmp(trial->arm, "threads") || trial->traced || trial->block > 4)
			continue;
		trial->wall_ms += 4000;
		trial->disturbed = true;
		marked += trial->block > 0;
	}
	judge(&trials, &verdict);
	assert_int_equal(verdict.disturbed, marked);
	assert_int_equal(verdict.slowdown.n, BLOCKS);
	assert_int_equal(verdict.slowdown_undisturbed.n, 4);
	assert_true(verdict.slowdown.high > 5);
	assert_true(verdict.slowdown_undisturbed.high < 1.6);
	verdict__free(&verdict);
	for (size_t i = 0; i < trials.count; i++)
		trials.items[i].disturbed = true;
	judge(&trials, &verdict);
	assert_int_equal(verdict.slowdown.n, BLOCKS);
	assert_int_equal(verdict.slowdown_undisturbed.n, 0);
	verdict__free(&verdict);
	trials__free(&trials);
}

static void a_mark_names_its_cause(void **state)
{
	const uint64_t ms = 1000000, second = 1000 * ms;
	char text[128];

	(void)state;
	disturbed__describe(30 * ms, 150 * ms, second, 2, text, sizeof(text));
	assert_string_equal(text, "");
	disturbed__describe(50 * ms, 150 * ms, second, 2, text, sizeof(text));
	assert_string_equal(text, "steal: the hypervisor took 2.5 % of the CPUs' time");
	disturbed__describe(0, 250 * ms, second, 2, text, sizeof(text));
	assert_string_equal(text, "others: they used 12.5 % of the CPUs' time");
	disturbed__describe(100 * ms, second, second, 2, text, sizeof(text));
	assert_non_null(strstr(text, "took 5.0 %"));
	assert_non_null(strstr(text, "; others: they used 50.0 %"));
	/* A tick is no finding, however short the run; nor is what is not known. */
	disturbed__describe(10 * ms, 10 * ms, 10 * ms, 1, text, sizeof(text));
	assert_string_equal(text, "");
	disturbed__describe(UINT64_MAX, UINT64_MAX, second, 2, text, sizeof(text));
	assert_string_equal(text, "");
}

/* low == high == 0: no such line. */
struct shares {
	double ledger[2];
	double dose[2];
	double ladder[2];
	enum agreement want;
	const char *says;
};

static struct interval interval(const double range[2])
{
	size_t n = range[0] == 0 && range[1] == 0 ? 0 : BLOCKS;

	return (struct interval){ (range[0] + range[1]) / 2, range[0], range[1], n };
}

static void agreement_is_said_in_words(void **state)
{
	static const struct shares cases[] = {
		{ { .6, .8 }, { .7, .9 }, { .55, .95 }, AGREEMENT_LARGER, "All three lines agree" },
		{ { .6, .65 }, { .9, .95 }, { .7, .75 }, AGREEMENT_LARGER, "do not all overlap" },
		{ { .1, .2 }, { .1, .3 }, { .2, .4 }, AGREEMENT_SMALLER, "less than half" },
		{ { .1, .2 }, { 0, 0 }, { .2, .4 }, AGREEMENT_SMALLER, "The two lines there are" },
		{ { .3, .6 }, { .4, .7 }, { .1, .9 }, AGREEMENT_OVERLAP, "is not decided" },
		{ { .1, .2 }, { .6, .8 }, { .7, .9 }, AGREEMENT_INDIRECT, "cold caches" },
		{ { .1, .2 }, { .6, .8 }, { 0, 0 }, AGREEMENT_INDIRECT, "are compatible" },
		{ { .6, .8 }, { .1, .2 }, { .6, .9 }, AGREEMENT_NONE, "of what the dose measures" },
		{ { .6, .8 }, { .6, .9 }, { .1, .2 }, AGREEMENT_NONE, "what the ladder measures" },
		{ { .1, .2 }, { .2, .3 }, { .6, .9 }, AGREEMENT_NONE, "ladder lies above" },
		{ { .1, .2 }, { .6, .9 }, { .2, .3 }, AGREEMENT_NONE, "dose lies above" },
		{ { .1, .2 }, { 0, 0 }, { 0, 0 }, AGREEMENT_NOT_KNOWN, "nothing confirms it" },
	};
	struct verdict verdict = { .question = headline__question, .slower = true };
	char text[AGREEMENT_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		verdict.parts[LEDGER_SWITCHING].share = interval(cases[i].ledger);
		verdict.parts[DOSE_SWITCHING].share = interval(cases[i].dose);
		verdict.parts[LADDER_SWITCHING].share = interval(cases[i].ladder);
		assert_int_equal(agreement__of(&verdict), cases[i].want);
		agreement__text(&verdict, text);
		assert_non_null(strstr(text, cases[i].says));
		assert_int_equal(strstr(text, "The dose is missing") != NULL,
				 !verdict.parts[DOSE_SWITCHING].share.n);
		assert_int_equal(strstr(text, "The ladder is missing") != NULL,
				 !verdict.parts[LADDER_SWITCHING].share.n);
	}
	verdict.slower = false;
	agreement__text(&verdict, text);
	assert_string_equal(text, "");
}

static void a_missing_line_says_why(void **state)
{
	struct trials trials;
	struct verdict verdict;
	char text[AGREEMENT_TEXT_SIZE];

	(void)state;
	fill(&trials, &usual);
	for (size_t i = 0; i < trials.count; i++) {
		struct trial *trial = &trials.items[i];

		if (trial->traced || strcmp(trial->arm, "interleaved") == 0)
			snprintf(trial->arm, sizeof(trial->arm), "-");
		trial->handoffs = 100;
	}
	judge(&trials, &verdict);
	agreement__text(&verdict, text);
	assert_non_null(strstr(text, "The ledger is missing: fewer than two blocks"));
	assert_non_null(strstr(text, "The dose is missing: fewer than two blocks"));
	assert_non_null(strstr(text, "The ladder is missing: one of its arms was not run"));
	verdict__free(&verdict);
	trials__free(&trials);
}

static void no_slowdown_has_no_shares_and_no_agreement(void **state)
{
	struct plan plan = { .handoffs = 100, .sampled = true };
	struct trials trials;
	struct verdict verdict;

	(void)state;
	fill(&trials, &plan);
	for (size_t i = 0; i < trials.count; i++)
		if (strcmp(trials.items[i].arm, "threads") == 0)
			trials.items[i].wall_ms -= 100;
	judge(&trials, &verdict);
	assert_false(verdict.slower);
	for (int i = 0; i < VERDICT_COMPONENTS; i++)
		assert_int_equal(verdict.parts[i].share.n, 0);
	assert_int_equal(agreement__of(&verdict), AGREEMENT_NOT_ASKED);
	verdict__free(&verdict);
	trials__free(&trials);
}

static cJSON *report_of(const struct verdict *verdict)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	cJSON *root;

	assert_int_equal(report__json(memory, &(struct report){ .verdict = verdict,
								.experiment = "slowdown" }), 0);
	fclose(memory);
	root = cJSON_Parse(text);
	free(text);
	assert_non_null(root);
	return root;
}

static double number(const cJSON *object, const char *outer, const char *inner)
{
	const cJSON *item = cJSON_GetObjectItem(cJSON_GetObjectItem(object, outer), inner);

	assert_true(cJSON_IsNumber(item));
	return item->valuedouble;
}

/* Every component has a label, and its parent is a component of the same method. */
static void check_components(const cJSON *components)
{
	const cJSON *item, *other;

	assert_int_equal(cJSON_GetArraySize(components), VERDICT_COMPONENTS);
	cJSON_ArrayForEach(item, components) {
		const cJSON *parent = cJSON_GetObjectItem(item, "parent");
		bool found = cJSON_IsNull(parent);

		assert_true(cJSON_IsString(cJSON_GetObjectItem(item, "label")));
		cJSON_ArrayForEach(other, components)
			found |= cJSON_IsString(parent) &&
				 strcmp(cJSON_GetObjectItem(other, "component")->valuestring,
					parent->valuestring) == 0 &&
				 strcmp(cJSON_GetObjectItem(other, "method")->valuestring,
					cJSON_GetObjectItem(item, "method")->valuestring) == 0;
		assert_true(found);
	}
}

static void the_report_is_there_for_programs(void **state)
{
	struct trials trials;
	struct verdict verdict;
	const cJSON *points;
	cJSON *root;

	(void)state;
	fill(&trials, &usual);
	judge(&trials, &verdict);
	root = report_of(&verdict);
	assert_int_equal(cJSON_GetObjectItem(root, "schema_version")->valueint, 1);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(root, "slower")));
	assert_near(number(root, "slowdown", "median"), verdict.slowdown.mid);
	assert_near(number(cJSON_GetObjectItem(root, "dose"), "slope_us", "median"), 1500);
	points = cJSON_GetObjectItem(cJSON_GetObjectItem(root, "dose"), "points");
	assert_int_equal(cJSON_GetArraySize(points), 3 * BLOCKS);
	assert_near(number(root, "prices", "switch_ns"), 4000);
	check_components(cJSON_GetObjectItem(root, "components"));
	cJSON_Delete(root);
	verdict__free(&verdict);
	trials__free(&trials);
}

static void what_is_not_there_is_null(void **state)
{
	struct trials trials = { 0 };
	struct verdict verdict;
	const cJSON *item;
	cJSON *root;

	(void)state;
	for (uint64_t block = 1; block <= BLOCKS; block++)
		add_block(&trials, &usual, block);
	assert_int_equal(verdict__judge(&trials, &headline__question, NULL, &verdict), 0);
	root = report_of(&verdict);
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(root, "dose")));
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(cJSON_GetObjectItem(root, "prices"),
						     "switch_ns")));
	cJSON_ArrayForEach(item, cJSON_GetObjectItem(root, "components"))
		if (strcmp(cJSON_GetObjectItem(item, "method")->valuestring, "dose") == 0) {
			assert_true(cJSON_IsNull(cJSON_GetObjectItem(item, "excess_ms")));
			assert_true(cJSON_IsNull(cJSON_GetObjectItem(item, "share")));
		}
	cJSON_Delete(root);
	verdict__free(&verdict);
	trials__free(&trials);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_dose_comes_back),
		cmocka_unit_test(doses_are_arms_of_their_own),
		cmocka_unit_test(an_arm_at_another_interval_is_known_by_its_name),
		cmocka_unit_test(only_some_intervals_may_be_asked_for),
		cmocka_unit_test(the_holders_time_is_split),
		cmocka_unit_test(what_is_not_known_is_missing),
		cmocka_unit_test(parts_add_up_to_their_whole),
		cmocka_unit_test(hand_offs_of_programs_are_those_of_traced_runs),
		cmocka_unit_test(a_dose_that_does_not_vary_has_no_line),
		cmocka_unit_test(a_ledger_without_a_slowdown_has_no_shares),
		cmocka_unit_test(marked_runs_count_and_are_left_out_beside),
		cmocka_unit_test(a_mark_names_its_cause),
		cmocka_unit_test(agreement_is_said_in_words),
		cmocka_unit_test(a_missing_line_says_why),
		cmocka_unit_test(no_slowdown_has_no_shares_and_no_agreement),
		cmocka_unit_test(the_report_is_there_for_programs),
		cmocka_unit_test(what_is_not_there_is_null),
	};

	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
