/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The random numbers of CPython's random module, number for number, so that a workload here and
 * its Python model do the same work on the same values and must agree on the result.
 *
 * The generator is MT19937, the 32-bit Mersenne Twister: M. Matsumoto and T. Nishimura, "Mersenne
 * Twister: a 623-dimensionally equidistributed uniform pseudo-random number generator", ACM TOMACS
 * 8(1), 1998, with their 2002 seeding by an array.  How seed and output are used is that of
 * CPython's Modules/_randommodule.c (random_seed, _random_Random_random_impl).
 */
#ifndef SWITCHTAX_MT19937_H
#define SWITCHTAX_MT19937_H

#include <stdint.h>

#define MT19937_WORDS 624

/*
 * 2500 bytes, no pointers: may be copied.  The position, written for every number, stands before
 * the words, so that generators side by side in an array do not share their busy cache lines.
 */
struct mt19937 {
	uint32_t position;		/* next word to hand out; MT19937_WORDS: none left */
	uint32_t words[MT19937_WORDS];
};

/* Seeds as Python's random.seed(seed) does for an int in 0 .. 2^32 - 1.  Cannot fail. */
void mt_seed(struct mt19937 *mt, uint32_t seed);

/* The next 32 bits, Python's random.getrandbits(32).  The generator must have been seeded. */
uint32_t mt_random_u32(struct mt19937 *mt);

/*
 * The next double in [0, 1), a multiple of 2^-53 made of two 32-bit outputs: Python's
 * random.random().  The generator must have been seeded.
 */
double mt_random_double(struct mt19937 *mt);

#endif
