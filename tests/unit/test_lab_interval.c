// SPDX-License-Identifier: GPL-2.0-or-later
// The judge of the switch interval's lab over made-up runs, and its sweep.
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

#include "../../user/labs/lab.h"
#include "../../user/program/arm_name.h"
#include "claim_of.h"

#define BLOCKS 8

extern const struct lab lab_interval;

/* threads - sequential = remain_ms + cost_us x hand-offs */
struct plan {
	double cost_us;
	double remain_ms;
	double noise_ms;	/* +- of sequential, from block to block */
	uint64_t blocks;
};

static void add(struct trials *trials, const char *arm, uint64_t block, double handoffs,
		double wall_ms)
{
	struct trial trial = { .block = block, .valid = true, .handoffs = handoffs,
				 .wall_ms = wall_ms };

	snprintf(trial.arm, sizeof(trial.arm), "%s", arm);
	trial.interval_us = arm_name__split(arm, trial.of);
	assert_int_equal(trials__add(trials, &trial), 0);
}

static void judge(const struct plan *plan, struct claims *claims)
{
	static const struct {
		const char *arm;
		double handoffs;
	} runs[] = { { "threads", 60 }, { "threads-i100", 1800 }, { "threads-i1000", 300 },
		     { "threads-i100000", 4 } };
	const struct lab_options options = { .seed = 7, .cpus = 2 };
	const struct observations none = { 0 };
	struct trials trials = { 0 };
	const struct lab_evidence evidence = { &none, &trials, &options };

	for (uint64_t block = 1; block <= plan->blocks; block++) {
		double noise = block % 2 ? plan->noise_ms : -plan->noise_ms;

		add(&trials, "sequential", block, 0, 400 + noise);
		for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
			add(&trials, runs[i].arm, block, runs[i].handoffs,
			    400 + plan->remain_ms + runs[i].handoffs * plan->cost_us / 1000);
	}
	*claims = (struct claims){ 0 };
	assert_int_equal(lab_interval.judge(&evidence, claims), 0);
	trials__free(&trials);
}

static void expect(const struct plan *plan, const char *verdict, double figure, const char *unit,
		   const char *said)
{
	const struct claim_row *row;
	struct claims claims;

	judge(plan, &claims);
	row = claim_of(&claims, "C7");
	assert_non_null(row);
	assert_string_equal(row->verdict, verdict);
	assert_true(fabs(row->figure - figure) < 1e-6);
	assert_string_equal(row->unit, unit);
	assert_non_null(strstr(row->reason, said));
}

static void the_share_decides(void **state)
{
	struct plan plan = { .cost_us = 1000, .remain_ms = 20, .blocks = BLOCKS };

	(void)state;
	expect(&plan, "supported", 60.0 / 80, "ratio", "costs 1000 us in full, 20.0 ms remain");
	plan.remain_ms = 240;
	expect(&plan, "refuted", 60.0 / 300, "ratio", "are 20.0 % of the difference");
	/* The line is as sharp as before, but how much there is to explain is not known. */
	plan.remain_ms = 60;
	plan.noise_ms = 40;
	expect(&plan, "undecided", (60.0 / 80 + 60.0 / 160) / 2, "ratio", "[37.5, 75.0] %");
}

static void no_slowdown_leaves_the_price(void **state)
{
	struct plan plan = { .cost_us = 100, .remain_ms = -30, .blocks = BLOCKS };

	(void)state;
	expect(&plan, "undecided", 100, "us", "no difference to be explained");
	plan.remain_ms = 0;
	plan.noise_ms = 50;
	expect(&plan, "undecided", 100, "us", "no difference to be explained");
}

static void too_little_is_no_verdict(void **state)
{
	struct plan plan = { .cost_us = 100, .remain_ms = 30 };
	struct claims claims;

	(void)state;
	for (plan.blocks = 0; plan.blocks < 2; plan.blocks++) {
		judge(&plan, &claims);
		assert_int_equal(claims.count, 0);
	}
}

/* The whole sweep, in log steps from 0.1 to 100 ms, beside the interval in question. */
static void the_sweep_is_planned(void **state)
{
	static const uint64_t wanted[] = { 100, 320, 1000, 3200, 10000, 32000, 100000 };
	const struct lab_options options = { .objects = 1000, .interval_us = 77, .cpus = 2 };
	struct lab_plan *plan = calloc(1, sizeof(*plan));
	char text[24];

	(void)state;
	assert_non_null(plan);
	assert_int_equal(lab_interval.plan(&options, plan), 0);
	assert_false(plan->failed);
	assert_int_equal(plan->count, 9);
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_arm *step = &plan->steps[i];
		bool given = false;

		assert_true(step->interval_us == (i < 2 ? 77 : wanted[i - 2]));
		snprintf(text, sizeof(text), "%u", (unsigned int)step->interval_us);
		for (size_t a = 0; a + 1 < step->nargs; a++)
			given |= !strcmp(step->args[a], "--interval-us") &&
				 !strcmp(step->args[a + 1], text);
		assert_true(given);
	}
	assert_string_equal(plan->steps[0].name, "sequential");
	assert_int_equal(plan->steps[1].tracing, LAB_TRACED_AND_NOT);
	lab_plan__free(plan);
	free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_share_decides),
		cmocka_unit_test(no_slowdown_leaves_the_price),
		cmocka_unit_test(too_little_is_no_verdict),
		cmocka_unit_test(the_sweep_is_planned),
	};

	return cmocka_run_group_tests_name("lab interval", tests, NULL, NULL);
}
