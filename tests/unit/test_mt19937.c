// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The generator gives Python's numbers, bit for bit.  The expected values were printed by CPython
 * 3.11.7: random.seed(seed), then random.getrandbits(32) or random.random().hex().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../workloads/objects/mt19937.h"

struct sequence {
	uint32_t seed;
	uint32_t words[4];
	double doubles[4];
	double thousandth;
	uint32_t word_1249;		/* the first of the third block of 624 */
};

static const struct sequence sequences[] = {
	{
		.seed = 0u,
		.words = { 0xd82c07cdu, 0x629f6fbeu, 0xc2094cacu, 0xe3e70682u },
		.doubles = { 0x1.b0580f98a7dbep-1, 0x1.84129978f9c1ap-1,
			     0x1.aeaa51052e978p-2, 0x1.092178fb945a6p-2 },
		.thousandth = 0x1.ebf1437477ccep-2,
		.word_1249 = 0x92f078b8u,
	},
	{
		.seed = 1u,
		.words = { 0x2265b1f5u, 0x91b7584au, 0xd8f16adfu, 0xcd613e30u },
		.doubles = { 0x1.132d8f91b7584p-3, 0x1.b1e2d5b3584f8p-1,
			     0x1.870d778409f13p-1, 0x1.0530d08f17f5cp-2 },
		.thousandth = 0x1.699b1d0fc4300p-1,
		.word_1249 = 0x3d90fd27u,
	},
	{
		.seed = 42u,
		.words = { 0xa3b1799du, 0x1c80317fu, 0x06671ad1u, 0xbdd640fbu },
		.doubles = { 0x1.4762f307200c5p-1, 0x1.99c6b5eeb2060p-6,
			     0x1.19a1491f589dcp-2, 0x1.c922b623b8c1cp-3 },
		.thousandth = 0x1.b5fd9157363f8p-1,
		.word_1249 = 0x892e6161u,
	},
	{
		.seed = 5489u,
		.words = { 0xc9a0e034u, 0x38feb21fu, 0x18e68550u, 0x09e68f95u },
		.doubles = { 0x1.9341c04e3fac8p-1, 0x1.8e685413cd1f0p-4,
			     0x1.f27ba497caa4fp-1, 0x1.555386c761530p-4 },
		.thousandth = 0x1.21f525f2f9160p-2,
		.word_1249 = 0x029216c4u,
	},
	{
		.seed = 4294967295u,
		.words = { 0xa2a6c909u, 0x9e9c04f4u, 0x3404e941u, 0x3720bfa9u },
		.doubles = { 0x1.454d9227a7013p-1, 0x1.a0274a3720bf8p-3,
			     0x1.36f8c1616ef77p-1, 0x1.2a53dc4d30c46p-2 },
		.thousandth = 0x1.492df3ceb45eep-2,
		.word_1249 = 0x35b32665u,
	},
};

#define SEQUENCES (sizeof(sequences) / sizeof(sequences[0]))

/* By their bits: equal doubles, and nothing near. */
static void assert_same(double a, double b)
{
	assert_memory_equal(&a, &b, sizeof(a));
}

static void words_are_pythons(void **state)
{
	struct mt19937 mt;

	(void)state;
	for (size_t s = 0; s < SEQUENCES; s++) {
		mt_seed(&mt, sequences[s].seed);
		for (int i = 0; i < 4; i++)
			assert_int_equal(mt_random_u32(&mt), sequences[s].words[i]);
		for (int i = 4; i < 1248; i++)
			mt_random_u32(&mt);
		assert_int_equal(mt_random_u32(&mt), sequences[s].word_1249);
	}
}

static void doubles_are_pythons(void **state)
{
	struct mt19937 mt;

	(void)state;
	for (size_t s = 0; s < SEQUENCES; s++) {
		mt_seed(&mt, sequences[s].seed);
		for (int i = 0; i < 4; i++)
			assert_same(mt_random_double(&mt), sequences[s].doubles[i]);
		for (int i = 4; i < 999; i++)
			mt_random_double(&mt);
		assert_same(mt_random_double(&mt), sequences[s].thousandth);
	}
}

/* Two words a double, the high part first. */
static void double_is_two_words(void **state)
{
	struct mt19937 words, doubles;

	(void)state;
	mt_seed(&words, 7);
	mt_seed(&doubles, 7);
	for (int i = 0; i < 2000; i++) {
		uint64_t high = mt_random_u32(&words) >> 5;
		uint64_t bits = high << 26 | mt_random_u32(&words) >> 6;
		double number = mt_random_double(&doubles);

		assert_true(number >= 0 && number < 1);
		assert_true(number * 0x1p53 == (double)bits);
	}
}

/* What the generator held before, and other generators, have no say. */
static void seed_is_all_that_counts(void **state)
{
	struct mt19937 a, b;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0xff, sizeof(b));
	mt_seed(&a, 42);
	mt_seed(&b, 42);
	assert_memory_equal(&a, &b, sizeof(a));
	for (int i = 0; i < 1300; i++)
		assert_int_equal(mt_random_u32(&a), mt_random_u32(&b));
	mt_seed(&b, 43);
	assert_int_not_equal(mt_random_u32(&a), mt_random_u32(&b));
	mt_seed(&a, 43);
	mt_random_u32(&a);
	assert_memory_equal(&a, &b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_pythons),
		cmocka_unit_test(doubles_are_pythons),
		cmocka_unit_test(double_is_two_words),
		cmocka_unit_test(seed_is_all_that_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
