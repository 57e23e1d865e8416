// SPDX-License-Identifier: GPL-2.0-or-later
// A probe moves on to a cheap instruction only over what is decoded for sure.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/instructions.h"

/* The rest of the code is ud2, which is neither emulated nor stepped over. */
static size_t cheap(const char *bytes, size_t size)
{
	unsigned char code[INSTRUCTIONS_LOOK];

	for (size_t i = 0; i < sizeof(code); i++)
		code[i] = i % 2 ? 0x0b : 0x0f;
	memcpy(code, bytes, size);
	return instructions__cheap(code);
}

#define CHEAP(bytes) cheap(bytes, sizeof(bytes) - 1)

static void the_first_is_taken_if_it_is_cheap(void **state)
{
	(void)state;
	assert_int_equal(CHEAP("\x55"), 0);			/* push %rbp */
	assert_int_equal(CHEAP("\x41\x57"), 0);			/* push %r15 */
	assert_int_equal(CHEAP("\x90"), 0);
	assert_int_equal(CHEAP("\xf3\x0f\x1e\xfa\x55"), 4);	/* endbr64; push */
}

static void harmless_ones_are_stepped_over(void **state)
{
	(void)state;
	/* mov x(%rip),%eax; test %eax,%eax; je: how an inlined drop_gil() begins */
	assert_int_equal(CHEAP("\x8b\x05\x35\x83\x4d\x00\x85\xc0\x0f\x84\x86\x09\xed\xff"), 8);
	/* mov %rdi,%rbx; push %rbp */
	assert_int_equal(CHEAP("\x48\x89\xfb\x55"), 3);
	/* xor %eax,%eax; call */
	assert_int_equal(CHEAP("\x31\xc0\xe8\x00\x00\x00\x00"), 2);
}

static void nothing_is_stepped_over_that_matters_or_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(CHEAP("\x48\x83\xec\x08\x55"), 0);	/* sub $8,%rsp */
	assert_int_equal(CHEAP("\x48\x89\xc7\x55"), 0);		/* mov %rax,%rdi */
	assert_int_equal(CHEAP("\x48\x89\xc4\x55"), 0);		/* mov %rax,%rsp */
	assert_int_equal(CHEAP("\x31\xff\x55"), 0);		/* xor %edi,%edi */
	assert_int_equal(CHEAP("\x48\x8b\x3d\x00\x00\x00\x00\x55"), 0);	/* mov x(%rip),%rdi */
	assert_int_equal(CHEAP("\x48\x89\x1d\x00\x00\x00\x00\x55"), 0);	/* a store */
	assert_int_equal(CHEAP("\x8b\x07\x55"), 0);		/* mov (%rdi),%eax */
	assert_int_equal(CHEAP("\xf3\x0f\x1e\xfa\x0f\x0b"), 4);	/* endbr64; ud2 */
}

/* Code that never gets cheap is not read beyond its end. */
static void looking_ends(void **state)
{
	unsigned char code[INSTRUCTIONS_LOOK];

	(void)state;
	for (size_t i = 0; i < sizeof(code); i += 2)
		memcpy(code + i, "\x85\xc0", 2);
	assert_int_equal(instructions__cheap(code), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_is_taken_if_it_is_cheap),
		cmocka_unit_test(harmless_ones_are_stepped_over),
		cmocka_unit_test(nothing_is_stepped_over_that_matters_or_is_unknown),
		cmocka_unit_test(looking_ends),
	};

	return cmocka_run_group_tests_name("instructions", tests, NULL, NULL);
}
