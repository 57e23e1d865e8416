// SPDX-License-Identifier: GPL-2.0-or-later
// Observations come back by key and block, and a lab's claims are always all there.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/labs/lab.h"
#include "../../user/evidence/observations.h"
#include "claim_of.h"

#define assert_near(a, b) assert_true(fabs((a) - (b)) < 1e-9)

static struct run a_run(void)
{
	struct run run = { 0 };

	columns__clear(&rows__runs, &run.row);
	snprintf(run.row.run_id, sizeof(run.row.run_id), "lab-001-01-a");
	snprintf(run.row.experiment, sizeof(run.row.experiment), "lab");
	snprintf(run.row.arm, sizeof(run.row.arm), "a");
	run.row.block = 3;
	return run;
}

static void lines_are_read(void **state)
{
	struct observations all = { 0 };
	const struct run run = a_run();

	(void)state;
	assert_int_equal(observations__parse(&all, "wall_ns 5\nobs lost plain 12 count\n"
					     "observe nothing\nobs t - 1.5e-3 ms", &run), 0);
	assert_int_equal(all.count, 2);
	assert_string_equal(all.items[0].row.metric, "lost");
	assert_string_equal(all.items[0].row.variant, "plain");
	assert_near(all.items[0].row.value, 12);
	assert_string_equal(all.items[1].row.unit, "ms");
	assert_near(all.items[1].row.value, 0.0015);
	assert_string_equal(all.items[1].row.arm, "a");
	assert_int_equal(all.items[1].row.block, 3);
	observations__free(&all);
}

static void broken_lines_are_refused(void **state)
{
	static const char *const lines[] = { "obs lost plain many count", "obs lost plain 1",
					     "obs lost", "obs " };
	const struct run run = a_run();
	char long_line[400];

	(void)state;
	memset(long_line, 'x', sizeof(long_line));
	memcpy(long_line, "obs ", 4);
	long_line[sizeof(long_line) - 1] = '\0';
	for (size_t i = 0; i <= sizeof(lines) / sizeof(lines[0]); i++) {
		struct observations all = { 0 };
		const char *line = i < 4 ? lines[i] : long_line;

		assert_int_equal(observations__parse(&all, line, &run), -EBADMSG);
		observations__free(&all);
	}
}

static void put(struct observations *all, const char *arm, uint64_t block, double value)
{
	assert_int_equal(observations__put(all, arm, block, "x", "-", value), 0);
}

static void pairs_are_formed_inside_a_block(void **state)
{
	const struct observation_key a = { "a", "x", NULL }, b = { "b", "x", NULL };
	struct observations all = { 0 };
	struct interval out;

	(void)state;
	/* The machine drifts by a factor of ten; the ratio does not. Block 9 has no b. */
	for (uint64_t block = 1; block <= 8; block++) {
		put(&all, "a", block, 3.0 * (double)block * (double)block);
		put(&all, "b", block, 2.0 * (double)block * (double)block);
	}
	put(&all, "a", 9, 1e9);
	assert_int_equal(observations__ratio(&all, &a, &b, &out), 0);
	assert_near(out.mid, 1.5);
	assert_near(out.low, 1.5);
	assert_int_equal(out.n, 8);
	assert_int_equal(observations__difference(&all, &a, &b, &out), 0);
	assert_near(out.mid, (16 + 25) / 2.0);
	observations__free(&all);
}

static void a_block_counts_once(void **state)
{
	const struct observation_key key = { NULL, "x", "-" };
	struct observations all = { 0 };
	struct interval out;

	(void)state;
	for (int i = 0; i < 5; i++)
		put(&all, "a", 1, 100);
	put(&all, "a", 2, 1);
	put(&all, "a", 3, 2);
	assert_int_equal(observations__median(&all, &key, &out), 0);
	assert_near(out.mid, 2);
	assert_int_equal(out.n, 3);
	assert_int_equal(observations__count(&all, &key), 7);
	assert_near(observations__sum(&all, &key), 503);
	assert_near(observations__min(&all, &key), 1);
	assert_near(observations__max(&all, &key), 100);
	observations__free(&all);
}

static void nothing_is_not_zero(void **state)
{
	const struct observation_key key = { "a", "y", NULL };
	struct observations all = { 0 };
	struct interval out;

	(void)state;
	put(&all, "a", 1, 0);
	assert_int_equal(observations__median(&all, &key, &out), -ENODATA);
	assert_int_equal(out.n, 0);
	assert_true(isnan(observations__sum(&all, &key)));
	assert_true(isnan(observations__min(&all, &key)));
	assert_int_equal(observations__ratio(&all, &key, &key, &out), -ENODATA);
	observations__free(&all);
}

static void invalid_columns_are_not_derived(void **state)
{
	const struct observation_key wall = { NULL, "run_wall_ns", NULL };
	const struct observation_key faults = { NULL, "run_handoffs", NULL };
	struct observations all = { 0 };
	struct run run = a_run();

	(void)state;
	run.row.wall_ns = 77;
	assert_int_equal(observations__of_run(&all, &run), 0);
	assert_near(observations__sum(&all, &wall), 77);
	assert_int_equal(observations__count(&all, &faults), 0);
	observations__free(&all);
}

static int judges_one(const struct lab_evidence *evidence, struct claims *claims)
{
	const struct interval figure = { 1.2, 1.1, 1.3, 8 };

	(void)evidence;
	claims__add(claims, "C90", "made-up", CLAIM_REFUTED, &figure, "ratio", "because, and so");
	claims__add(claims, "C90", "made-up", CLAIM_SUPPORTED, NULL, NULL, "a second opinion");
	claims__add(claims, "C90", "another", CLAIM_SUPPORTED, NULL, NULL, "evidence of its own");
	return 0;
}

static void every_claim_has_a_row(void **state)
{
	const struct lab lab = { .name = "made-up", .claims = { "C90", "C91" },
				 .judge = judges_one };
	const struct lab_evidence evidence = { 0 };
	struct claims claims = { .count = 0 };

	(void)state;
	assert_int_equal(lab__judge(&lab, &evidence, NULL, &claims), 0);
	assert_int_equal(claims.count, 3);
	assert_string_equal(claim_of(&claims, "C90")->verdict, "refuted");
	assert_near(claim_of(&claims, "C90")->figure, 1.2);
	assert_string_equal(claim_of(&claims, "C91")->verdict, "undecided");
	assert_true(isnan(claim_of(&claims, "C91")->figure));
	claims.count = 0;
	assert_int_equal(lab__judge(&lab, &evidence, "no CPU to spare", &claims), 0);
	assert_string_equal(claim_of(&claims, "C90")->reason, "no CPU to spare");
}

/* Of the real ones: each has what the command line and the reports take for granted. */
static void labs_are_whole(void **state)
{
	char claims[512] = " ";

	(void)state;
	for (size_t i = 0; all_labs[i]; i++) {
		const struct lab *lab = all_labs[i];

		assert_non_null(lab->summary);
		assert_non_null(lab->question);
		assert_non_null(lab->plan);
		assert_non_null(lab->judge);
		assert_true(lab->blocks >= 1 && lab->budget_s > 0);
		assert_ptr_equal(lab__find(lab->name), lab);
		for (size_t c = 0; lab->claims[c]; c++)
			snprintf(claims + strlen(claims), sizeof(claims) - strlen(claims), "%s ",
				 lab->claims[c]);
	}
	for (int claim = 1; claim <= 17; claim++) {
		char name[16];

		snprintf(name, sizeof(name), " C%d ", claim);
		assert_non_null(strstr(claims, name));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read),
		cmocka_unit_test(broken_lines_are_refused),
		cmocka_unit_test(pairs_are_formed_inside_a_block),
		cmocka_unit_test(a_block_counts_once),
		cmocka_unit_test(nothing_is_not_zero),
		cmocka_unit_test(invalid_columns_are_not_derived),
		cmocka_unit_test(every_claim_has_a_row),
		cmocka_unit_test(labs_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
