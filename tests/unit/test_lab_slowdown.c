// SPDX-License-Identifier: GPL-2.0-or-later
// The judges of C5, C6 and C7 over made-up runs: each verdict flips with what it rests on.
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

#include "../../user/labs/slowdown.h"
#include "../../user/labs/headline.h"
#include "../../user/program/arm_name.h"
#include "../../user/verdict/agreement.h"
#include "../../user/verdict/judge.h"
#include "claim_of.h"

#define BLOCKS 8

/* In ms, of sequential's 1000; and speedups with two workers. */
struct plan {
	double switching;	/* in the ledger of threads */
	double hidden;		/* that grows with hand-offs too, but not in the ledger's states */
	double memory;		/* also in interleaved */
	double rest;		/* neither: a difference that no line explains */
	double noise;		/* +- of threads, from block to block */
	double python;		/* threads over one thread; 0: there is no Python */
	double threads_gain;
	double processes_gain;
	unsigned int cpus;
	bool untraced;
	double astray;		/* +- of threads-i1000, from block to block, in ms */
	double others;		/* share of all CPUs that others used */
};

static const struct plan plain = {
	.switching = 300, .memory = 20, .python = 1.3, .threads_gain = 0.9,
	.processes_gain = 1.9, .cpus = 2,
};

struct evidence {
	struct trials trials;
	struct observations observations;
	struct lab_options options;
	const struct plan *plan;
};

static void add_sample(struct evidence *evidence, const char *arm, uint64_t block, bool traced,
		       double wall_ms, double handoffs, double switching_ms)
{
	struct trial trial = { .block = block, .traced = traced, .valid = true,
				 .wall_ms = wall_ms, .handoffs = handoffs,
				 .acquisitions = 1, .has_lock = traced };
	const struct plan *plan = evidence->plan;

	snprintf(trial.arm, sizeof(trial.arm), "%s", arm);
	trial.interval_us = arm_name__split(arm, trial.of);
	trial.other_cpu_ms = plan->others * wall_ms * plan->cpus;
	trial.lock_ms[HANDOFF_TAKE] = switching_ms;
	trial.lock_ms[HELD_RUNNING] = wall_ms - switching_ms;
	assert_int_equal(trials__add(&evidence->trials, &trial), 0);
}

static void add_wall(struct evidence *evidence, const char *arm, uint64_t block, double ms)
{
	assert_int_equal(observations__put(&evidence->observations, arm, block, "run_wall_ns", "-",
					   ms * 1e6), 0);
}

/* 100 hand-offs in threads, 1000 in threads-i1000: their cost is ten times as much. */
static void add_ladder(struct evidence *evidence, const struct plan *plan, uint64_t block)
{
	double base = 1000 + (double)(block % 3);
	double noise = block % 2 ? plan->noise : -plan->noise;
	double dose = plan->switching + plan->hidden;
	double rest = plan->memory + plan->rest + noise;

	for (int traced = 0; traced < (plan->untraced ? 1 : 2); traced++) {
		add_sample(evidence, "sequential", block, traced, base, 0, 0);
		add_sample(evidence, "threads", block, traced, base + dose + rest, 100,
			   plan->switching);
	}
	add_sample(evidence, "interleaved", block, false, base + plan->memory, 0, 0);
	add_sample(evidence, "threads-1cpu", block, false, base + rest, 100, 0);
	add_sample(evidence, "threads-i1000", block, false,
		   base + 10 * dose + rest + (block % 2 ? plan->astray : -plan->astray), 1000, 0);
}

static void add_sweep(struct evidence *evidence, const struct plan *plan, uint64_t block)
{
	double one = 200 + (double)(block % 3);

	add_wall(evidence, "threads-w1", block, one);
	add_wall(evidence, "processes-w1", block, one);
	add_wall(evidence, "threads-w2", block, 2 * one / plan->threads_gain);
	add_wall(evidence, "processes-w2", block, 2 * one / plan->processes_gain);
	/* More than there are CPUs: must not be judged. */
	add_wall(evidence, "threads-w3", block, one);
	add_wall(evidence, "processes-w3", block, one);
}

/* Python takes 70 ms to start, which is not the program's. */
static void add_python(struct evidence *evidence, const struct plan *plan, uint64_t block)
{
	if (plan->python == 0)
		return;
	add_wall(evidence, "python-start", block, 70);
	add_wall(evidence, "python-sequential", block, 70 + 500);
	add_wall(evidence, "python-threads", block, 70 + 500 * plan->python);
}

/* As the report of `run` has it. */
static enum agreement agreement_of(const struct plan *plan)
{
	struct evidence made = { .plan = plan };
	struct verdict verdict;
	enum agreement agreement;

	for (uint64_t block = 1; block <= BLOCKS; block++)
		add_ladder(&made, plan, block);
	assert_int_equal(verdict__judge(&made.trials, &headline__question, NULL, &verdict), 0);
	agreement = agreement__of(&verdict);
	verdict__free(&verdict);
	trials__free(&made.trials);
	return agreement;
}

static void judge(const struct plan *plan, uint64_t blocks, struct claims *claims)
{
	struct evidence made = { .options = { .seed = 7, .cpus = plan->cpus },
				 .plan = plan };
	const struct lab_evidence evidence = { &made.observations, &made.trials, &made.options };

	for (uint64_t block = 1; block <= blocks; block++) {
		add_ladder(&made, plan, block);
		add_sweep(&made, plan, block);
		add_python(&made, plan, block);
	}
	*claims = (struct claims){ 0 };
	assert_int_equal(lab_slowdown__judge(&evidence, claims), 0);
	trials__free(&made.trials);
	observations__free(&made.observations);
}

static const struct claim_row *judged(const struct plan *plan, const char *claim)
{
	static struct claims claims;

	judge(plan, BLOCKS, &claims);
	assert_int_equal(claims.count, 3);
	for (size_t i = 0; i < claims.count; i++)	/* a reason that was cut ends otherwise */
		assert_true(strlen(claims.rows[i].reason) < ROWS_REASON_SIZE - 1);
	return claim_of(&claims, claim);
}

static void expect(const struct plan *plan, const char *claim, const char *verdict, double figure)
{
	const struct claim_row *row = judged(plan, claim);

	assert_non_null(row);
	assert_string_equal(row->verdict, verdict);
	assert_true(fabs(row->figure - figure) < 0.01);
}

static void c5_is_the_slowdown(void **state)
{
	struct plan plan = plain;

	(void)state;
	expect(&plan, "C5", "supported", 1.32);
	plan.switching = -300;
	plan.python = 0.8;
	expect(&plan, "C5", "refuted", 0.72);
	plan.switching = 0;
	plan.noise = 100;
	expect(&plan, "C5", "undecided", 1.02);
}

static void c5_hears_python(void **state)
{
	struct plan plan = plain;

	(void)state;
	assert_non_null(strstr(judged(&plan, "C5")->reason, "1.300 in Python"));
	assert_non_null(strstr(judged(&plan, "C5")->reason, "the article: 1.07."));
	plan.python = 0.8;
	expect(&plan, "C5", "undecided", 1.32);
	plan.switching = -300;
	plan.python = 1.2;
	expect(&plan, "C5", "undecided", 0.72);
	plan = plain;
	plan.python = 0;
	expect(&plan, "C5", "supported", 1.32);
	assert_non_null(strstr(judged(&plan, "C5")->reason, "(no python3)"));
}

static void c6_is_the_speedup(void **state)
{
	struct plan plan = plain;

	(void)state;
	expect(&plan, "C6", "supported", 0.9);
	plan.threads_gain = 1.5;
	expect(&plan, "C6", "refuted", 1.5);
	plan.threads_gain = 0.9;
	/* Processes gain nothing either: the lock is not to blame. */
	plan.processes_gain = 1.1;
	expect(&plan, "C6", "undecided", 0.9);
}

static void c6_needs_two_cpus(void **state)
{
	struct plan plan = plain;
	const struct claim_row *row;

	(void)state;
	plan.cpus = 1;
	row = judged(&plan, "C6");
	assert_string_equal(row->verdict, "undecided");
	assert_true(isnan(row->figure));
	assert_non_null(strstr(row->reason, "one CPU"));
}

static void c7_is_the_share_of_switching(void **state)
{
	struct plan plan = plain;

	(void)state;
	expect(&plan, "C7", "supported", 300.0 / 320);
	plan.memory = 400;
	plan.switching = 50;
	expect(&plan, "C7", "refuted", 50.0 / 450);
}

/* Narrow says little, the ladder much: hidden costs of switching, or not. */
static void c7_needs_the_lines_to_agree(void **state)
{
	struct plan plan = plain;

	(void)state;
	plan.switching = 50;
	plan.hidden = 300;
	expect(&plan, "C7", "undecided", 50.0 / 370);
	assert_non_null(strstr(judged(&plan, "C7")->reason, "(narrow) 13.5"));
	assert_non_null(strstr(judged(&plan, "C7")->reason, "(wide) 94.6"));
	assert_non_null(strstr(judged(&plan, "C7")->reason, "ladder 94.6"));
}

static void c7_without_a_slowdown(void **state)
{
	struct plan plan = plain;

	(void)state;
	plan.switching = 0;
	plan.memory = 0;
	plan.noise = 100;
	expect(&plan, "C7", "undecided", 1);
	assert_non_null(strstr(judged(&plan, "C7")->reason, "no slowdown here"));
}

static void c7_without_a_ledger(void **state)
{
	struct plan plan = plain;
	const struct claim_row *row;

	(void)state;
	plan.untraced = true;
	row = judged(&plan, "C7");
	assert_string_equal(row->verdict, "supported");
	assert_true(fabs(row->figure - 300.0 / 320) < 0.01);
	assert_non_null(strstr(row->reason, "(narrow) -"));
}

/* The lab and the report of the same runs cannot say two things. */
static void c7_is_what_the_report_says(void **state)
{
	static const struct {
		enum agreement agreement;
		const char *verdict;
		double switching, memory, hidden, astray;
		bool untraced;
	} cases[] = {
		{ AGREEMENT_LARGER, "supported", 300, 20, 0, 0, false },
		{ AGREEMENT_LARGER, "supported", 300, 20, 0, 0, true },
		{ AGREEMENT_SMALLER, "refuted", 50, 400, 0, 0, false },
		{ AGREEMENT_INDIRECT, "undecided", 50, 20, 300, 0, false },
		{ AGREEMENT_OVERLAP, "undecided", 300, 20, 0, 2000, false },
		{ AGREEMENT_NOT_ASKED, "undecided", -300, 20, 0, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct plan plan = plain;

		plan.switching = cases[i].switching;
		plan.memory = cases[i].memory;
		plan.hidden = cases[i].hidden;
		plan.astray = cases[i].astray;
		plan.untraced = cases[i].untraced;
		assert_int_equal(agreement_of(&plan), cases[i].agreement);
		assert_string_equal(judged(&plan, "C7")->verdict, cases[i].verdict);
	}
}

/* Not even wild figures may cut the rule off. */
static void reasons_fit(void **state)
{
	struct plan plan = plain;

	(void)state;
	plan.switching = 123456;
	plan.noise = 12345;
	plan.memory = 54321;
	plan.python = 123.4;
	assert_non_null(strstr(judged(&plan, "C7")->reason, "two at least"));
	assert_non_null(strstr(judged(&plan, "C5")->reason, "the contrary"));
	assert_non_null(strstr(judged(&plan, "C6")->reason, "above 1.2"));
}

static void nothing_measured_is_no_verdict(void **state)
{
	struct claims claims;

	(void)state;
	judge(&plain, 0, &claims);
	assert_int_equal(claims.count, 0);
	/* One block has no interval, so it decides nothing. */
	judge(&plain, 1, &claims);
	for (size_t i = 0; i < claims.count; i++)
		assert_string_equal(claims.rows[i].verdict, "undecided");
	assert_int_equal(claims.count, 3);
}

/* What one thread loses to others is not what five lose: a busy machine decides nothing. */
static void a_busy_machine_decides_nothing(void **state)
{
	static const char *const names[] = { "C5", "C6", "C7" };
	struct plan plan = plain;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		plan.others = 0.09;
		assert_string_equal(judged(&plan, names[i])->verdict, "supported");
		plan.others = NAN;
		assert_string_equal(judged(&plan, names[i])->verdict, "supported");
		plan.others = 0.5;
		expect(&plan, names[i], "undecided", 0.5);
		assert_non_null(strstr(judged(&plan, names[i])->reason, "quiet machine"));
	}
}

static const struct plan_arm *find_step(const struct lab_plan *plan, const char *arm)
{
	for (size_t i = 0; i < plan->count; i++)
		if (strcmp(plan->steps[i].name, arm) == 0)
			return &plan->steps[i];
	return NULL;
}

static bool has_pair(const struct plan_arm *step, const char *option, const char *value)
{
	for (size_t i = 0; i + 1 < step->nargs; i++)
		if (strcmp(step->args[i], option) == 0 && strcmp(step->args[i + 1], value) == 0)
			return true;
	return false;
}

static void the_plan_follows_the_options(void **state)
{
	static const char *const arms[] = { "sequential", "interleaved", "threads-1cpu", "threads",
					    "threads-i100", "threads-w1", "processes-w3" };
	const struct lab_options options = { .workers = 3, .objects = 1000, .lock = "mutex",
					     .interval_us = 77, .cpus = 2 };
	struct lab_plan *plan = calloc(1, sizeof(*plan));

	(void)state;
	assert_non_null(plan);
	assert_int_equal(lab__find("slowdown")->plan(&options, plan), 0);
	assert_false(plan->failed);
	for (size_t i = 0; i < sizeof(arms) / sizeof(arms[0]); i++)
		assert_non_null(find_step(plan, arms[i]));
	assert_null(find_step(plan, "threads-w4"));
	assert_true(has_pair(find_step(plan, "threads"), "--interval-us", "77"));
	assert_true(has_pair(find_step(plan, "threads"), "--workers", "3"));
	assert_true(has_pair(find_step(plan, "threads-i100"), "--interval-us", "100"));
	assert_true(has_pair(find_step(plan, "processes-w3"), "--lock", "mutex"));
	assert_true(find_step(plan, "processes-w3")->workers == 3);
	for (size_t i = 0; i < plan->count; i++)
		for (size_t before = 0; before < i; before++)
			assert_string_not_equal(plan->steps[i].name, plan->steps[before].name);
	lab_plan__free(plan);
	free(plan);
}

/* A machine without Python has no such steps, and one without memory none at all. */
static void the_plan_knows_the_machine(void **state)
{
	struct lab_options options = { .objects = 1000, .cpus = 2 };
	struct lab_plan *plan = calloc(1, sizeof(*plan));
	char *path = strdup(getenv("PATH"));

	(void)state;
	assert_true(plan && path);
	setenv("PATH", "/nowhere", 1);
	assert_int_equal(lab__find("slowdown")->plan(&options, plan), 0);
	assert_null(find_step(plan, "python-start"));
	assert_non_null(find_step(plan, "threads-w4"));
	lab_plan__free(plan);
	setenv("PATH", path, 1);
	options.objects = 1ULL << 40;
	for (size_t i = 0; i < 2; i++) {
		const char *name = i ? "interval" : "slowdown";

		assert_true(lab__find(name)->plan(&options, plan) < 0);
		assert_non_null(strstr(plan->why, "would fit"));
		lab_plan__free(plan);
	}
	free(path);
	free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c5_is_the_slowdown),
		cmocka_unit_test(c5_hears_python),
		cmocka_unit_test(c6_is_the_speedup),
		cmocka_unit_test(c6_needs_two_cpus),
		cmocka_unit_test(c7_is_the_share_of_switching),
		cmocka_unit_test(c7_needs_the_lines_to_agree),
		cmocka_unit_test(c7_without_a_slowdown),
		cmocka_unit_test(c7_without_a_ledger),
		cmocka_unit_test(c7_is_what_the_report_says),
		cmocka_unit_test(reasons_fit),
		cmocka_unit_test(a_busy_machine_decides_nothing),
		cmocka_unit_test(nothing_measured_is_no_verdict),
		cmocka_unit_test(the_plan_follows_the_options),
		cmocka_unit_test(the_plan_knows_the_machine),
	};

	return cmocka_run_group_tests_name("lab slowdown", tests, NULL, NULL);
}
