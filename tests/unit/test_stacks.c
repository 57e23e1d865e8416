// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of names are counted, summed over runs, and written as other tools read them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/evidence/stack_sums.h"
#include "../../user/ledger/stacks.h"
#include "../../user/tracer/tracer.h"

static char *folded(const struct stacks *stacks, const struct stacks *base)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);

	assert_non_null(memory);
	if (base)
		stacks__print_difference(memory, base, stacks);
	else
		stacks__print_folded(memory, stacks);
	fclose(memory);
	return text;
}

static void assert_folded(const struct stacks *stacks, const struct stacks *base,
			  const char *expected)
{
	char *text = folded(stacks, base);

	assert_string_equal(text, expected);
	free(text);
}

static void equal_lines_are_counted_once_and_sorted(void **state)
{
	struct stacks stacks = { 0 };

	(void)state;
	assert_folded(&stacks, NULL, "");
	assert_int_equal(stacks__add(&stacks, SAMPLE_KIND_USER, "main;g", 2), 0);
	assert_int_equal(stacks__add(&stacks, SAMPLE_KIND_USER, "main;f", 1), 0);
	assert_int_equal(stacks__add(&stacks, SAMPLE_KIND_USER, "main;g", 3), 0);
	assert_int_equal(stacks__add(&stacks, SAMPLE_KIND_FAULT, "main;operator new(int)", 4), 0);
	assert_int_equal(stacks.count, 3);
	assert_int_equal(stacks__total(&stacks), 10);
	assert_int_equal(stacks.samples[SAMPLE_KIND_USER], 6);
	assert_folded(&stacks, NULL, "main;f 1\nmain;g 5\nmain;operator new(int) 4\n");
	stacks__free(&stacks);
}

static void one_line_of_two_kinds_is_one_line_of_a_file(void **state)
{
	struct stacks stacks = { 0 };

	(void)state;
	stacks__add(&stacks, SAMPLE_KIND_USER, "a", 1);
	stacks__add(&stacks, SAMPLE_KIND_SYSCALL, "a", 2);
	assert_int_equal(stacks.count, 2);
	assert_folded(&stacks, NULL, "a 3\n");
	stacks__free(&stacks);
}

static void a_difference_has_the_lines_of_both(void **state)
{
	struct stacks base = { 0 }, other = { 0 };

	(void)state;
	stacks__add(&base, SAMPLE_KIND_USER, "a", 1);
	stacks__add(&base, SAMPLE_KIND_USER, "b", 2);
	stacks__add(&other, SAMPLE_KIND_USER, "b", 5);
	stacks__add(&other, SAMPLE_KIND_FAULT, "b", 2);
	stacks__add(&other, SAMPLE_KIND_USER, "c", 3);
	assert_folded(&other, &base, "a 1 0\nb 2 7\nc 0 3\n");
	assert_folded(&base, &other, "a 0 1\nb 7 2\nc 3 0\n");
	stacks__free(&base);
	stacks__free(&other);
}

static void many_lines_are_found_again(void **state)
{
	struct stacks stacks = { 0 }, sum = { 0 };
	char text[32];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "main;f%d", i % 1000);
		assert_int_equal(stacks__add(&stacks, SAMPLE_KIND_USER, text, 1), 0);
	}
	assert_int_equal(stacks.count, 1000);
	assert_int_equal(stacks__merge(&sum, &stacks), 0);
	assert_int_equal(stacks__merge(&sum, &stacks), 0);
	assert_int_equal(sum.count, 1000);
	assert_int_equal(stacks__total(&sum), 6000);
	stacks__free(&stacks);
	stacks__free(&sum);
}

/* A valid traced run of block 1 that held its lock for so long. */
static struct run make_run(const char *arm, uint64_t held_ns)
{
	struct run run = { .traced = true };

	run.row.valid = 1;
	run.row.block = 1;
	snprintf(run.row.arm, sizeof(run.row.arm), "%s", arm);
	run.ledger.has_lock = held_ns != 0;
	run.ledger.lock_ns[HELD_RUNNING] = held_ns;
	return run;
}

static void add(struct stack_sums *sums, struct run *run)
{
	assert_int_equal(stack_sums__add(sums, run), 0);
}

static void runs_of_an_arm_are_summed_and_its_functions_compared(void **state)
{
	struct run base = make_run("base", 10000000), other = make_run("other", 40000000);
	struct stack_sums sums = { 0 };
	struct stack_growth growth[3];
	const struct stack_arm *arm;

	(void)state;
	stacks__add(&base.samples.stacks, SAMPLE_KIND_USER, "main;f", 10);
	stacks__add(&other.samples.stacks, SAMPLE_KIND_USER, "main;f", 10);
	stacks__add(&other.samples.stacks, SAMPLE_KIND_FAULT, "main;f;fault_[k]", 20);
	stacks__add(&other.samples.stacks, SAMPLE_KIND_FAULT, "main;g;fault_[k]", 10);
	add(&sums, &base);
	add(&sums, &base);
	add(&sums, &other);
	arm = stack_sums__arm(&sums, "base");
	assert_int_equal(arm->runs, 2);
	assert_int_equal(stacks__total(&arm->stacks), 20);
	assert_true(stack_sums__ms(arm, SAMPLE_KIND_USER) == 10);
	arm = stack_sums__arm(&sums, "other");
	assert_true(stack_sums__ms(arm, SAMPLE_KIND_FAULT) == 30);
	assert_int_equal(stack_sums__growth(stack_sums__arm(&sums, "base"), arm, growth, 3), 1);
	assert_string_equal(growth[0].function, "fault_[k]");
	assert_true(growth[0].base_ms == 0 && growth[0].other_ms == 30);
	assert_int_equal(stack_sums__growth(NULL, arm, growth, 3), 2);
	assert_string_equal(growth[1].function, "f");
	assert_null(stack_sums__arm(&sums, "third"));
	assert_null(stack_sums__arm(&sums, NULL));
	stack_sums__free(&sums);
	stacks__free(&base.samples.stacks);
	stacks__free(&other.samples.stacks);
}

static void only_measured_valid_runs_count(void **state)
{
	struct run run = make_run("base", 1000);
	struct stack_sums sums = { 0 };

	(void)state;
	stacks__add(&run.samples.stacks, SAMPLE_KIND_USER, "main", 1);
	run.row.valid = 0;
	add(&sums, &run);
	run.row.valid = 1;
	run.row.block = 0;
	add(&sums, &run);
	assert_int_equal(sums.count, 0);
	stacks__free(&run.samples.stacks);
}

static void without_a_lock_a_sample_is_a_tick(void **state)
{
	struct run run = make_run("base", 0);
	struct stack_sums sums = { 0 };

	(void)state;
	stacks__add(&run.samples.stacks, SAMPLE_KIND_SYSCALL, "main", 7);
	add(&sums, &run);
	assert_false(sums.arms[0].has_lock);
	assert_int_equal(sums.arms[0].ns[SAMPLE_KIND_SYSCALL], 7 * TRACER_SAMPLE_PERIOD_NS);
	stack_sums__free(&sums);
	stacks__free(&run.samples.stacks);
}

static void put(struct run_samples *samples, uint32_t flags)
{
	struct stack_sample *sample = calloc(1, sizeof(*sample));

	sample->pid = 1;
	sample->flags = flags;
	run_samples__keep(sample, samples);
	free(sample);
}

static void samples_of_a_run_are_named_at_its_end(void **state)
{
	struct run_samples samples;
	struct symbolizer *symbolizer;
	uint64_t parts[SAMPLE_KINDS];
	char text[256];

	(void)state;
	assert_int_equal(symbolizer__open(&symbolizer), 0);
	run_samples__begin(&samples, symbolizer, 0);
	assert_false(run_samples__split(&samples.stacks, 100, parts));
	put(&samples, SAMPLE_USER_MODE);
	put(&samples, SAMPLE_USER_MODE);
	put(&samples, SAMPLE_SYSCALL);
	put(&samples, 0);
	assert_int_equal(samples.nraw, 3);
	assert_int_equal(run_samples__settle(&samples), 0);
	assert_int_equal(samples.nraw, 0);
	run_samples__choose(&samples, 0);
	assert_null(run_samples__of(&samples, 7));
	assert_true(run_samples__split(&samples.stacks, 1001, parts));
	assert_int_equal(parts[SAMPLE_KIND_USER], 501);
	assert_int_equal(parts[SAMPLE_KIND_SYSCALL], 250);
	assert_int_equal(parts[SAMPLE_KIND_INTERRUPT], 250);
	run_samples__describe_losses(&samples, text, sizeof(text));
	assert_string_equal(text, "");
	samples.losses[SAMPLE_LOSS_ROOM] = 3;
	samples.losses[SAMPLE_LOSS_USER_STACK] = 1;
	run_samples__describe_losses(&samples, text, sizeof(text));
	assert_string_equal(text, "3 samples lost: ring full; 1 user stacks lost: not to be had");
	run_samples__free(&samples);
	symbolizer__close(symbolizer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_lines_are_counted_once_and_sorted),
		cmocka_unit_test(one_line_of_two_kinds_is_one_line_of_a_file),
		cmocka_unit_test(a_difference_has_the_lines_of_both),
		cmocka_unit_test(many_lines_are_found_again),
		cmocka_unit_test(runs_of_an_arm_are_summed_and_its_functions_compared),
		cmocka_unit_test(only_measured_valid_runs_count),
		cmocka_unit_test(without_a_lock_a_sample_is_a_tick),
		cmocka_unit_test(samples_of_a_run_are_named_at_its_end),
	};

	return cmocka_run_group_tests_name("stacks", tests, NULL, NULL);
}
