// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The Mersenne Twister: a block of 624 words is stepped at once, then handed out one by one.
 * Sources are named in mt19937.h.
 */
#include "objects/mt19937.h"

#define WORDS		MT19937_WORDS
#define SHIFT		397		/* the recurrence's middle term, "m" in the paper */
#define MATRIX		0x9908b0dfu	/* last row of the twist matrix, "a" in the paper */
#define UPPER		0x80000000u
#define LOWER		0x7fffffffu

static uint32_t mixed(uint32_t word)
{
	return word ^ (word >> 30);
}

/* The first word is copied from the last whenever the walk over the words wraps round to it. */
static uint32_t next_index(uint32_t *words, uint32_t i)
{
	if (i + 1 < WORDS)
		return i + 1;
	words[0] = words[WORDS - 1];
	return 1;
}

/*
 * The authors' init_by_array() for a key of one word, which is what CPython makes of an int below
 * 2^32 (zero too): with one word the key's index is always 0, so that it drops out of the sums.
 */
void mt_seed(struct mt19937 *mt, uint32_t seed)
{
	uint32_t *w = mt->words;
	uint32_t i;

	w[0] = 19650218u;
	for (i = 1; i < WORDS; i++)
		w[i] = 1812433253u * mixed(w[i - 1]) + i;

	i = 1;
	for (int n = 0; n < WORDS; n++) {
		w[i] = (w[i] ^ (mixed(w[i - 1]) * 1664525u)) + seed;
		i = next_index(w, i);
	}
	for (int n = 0; n < WORDS - 1; n++) {
		w[i] = (w[i] ^ (mixed(w[i - 1]) * 1566083941u)) - i;
		i = next_index(w, i);
	}
	w[0] = UPPER;
	mt->position = WORDS;
}

static uint32_t twist(uint32_t high, uint32_t low, uint32_t far)
{
	uint32_t y = (high & UPPER) | (low & LOWER);

	return far ^ (y >> 1) ^ (-(y & 1u) & MATRIX);
}

static void refill(struct mt19937 *mt)
{
	uint32_t *w = mt->words;
	int i;

	for (i = 0; i < WORDS - SHIFT; i++)
		w[i] = twist(w[i], w[i + 1], w[i + SHIFT]);
	for (; i < WORDS - 1; i++)
		w[i] = twist(w[i], w[i + 1], w[i + SHIFT - WORDS]);
	w[i] = twist(w[i], w[0], w[SHIFT - 1]);
	mt->position = 0;
}

uint32_t mt_random_u32(struct mt19937 *mt)
{
	uint32_t y;

	if (mt->position >= WORDS)
		refill(mt);
	y = mt->words[mt->position++];
	y ^= y >> 11;
	y ^= (y << 7) & 0x9d2c5680u;
	y ^= (y << 15) & 0xefc60000u;
	return y ^ (y >> 18);
}

double mt_random_double(struct mt19937 *mt)
{
	uint32_t high = mt_random_u32(mt) >> 5;		/* 27 bits */
	uint32_t low = mt_random_u32(mt) >> 6;		/* 26 bits */

	return (high * 67108864.0 + low) / 9007199254740992.0;
}
