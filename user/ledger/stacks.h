/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stacks - how often each line of names was sampled, and files that other tools read. */
#ifndef SWITCHTAX_STACKS_H
#define SWITCHTAX_STACKS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "symbols/sample_kind.h"

struct stack {
	char *text;		/* frames root first, with ';' between them */
	enum sample_kind kind;
	uint64_t samples;
};

/* Starts as zeros. */
struct stacks {
	struct stack **list;	/* in the order they were first met */
	size_t count;
	void *tree;		/* the same, for finding (tsearch(3)) */
	uint64_t samples[SAMPLE_KINDS];	/* all of them */
};

/* Count samples of one line; the text is copied. Returns 0 or -ENOMEM. */
int stacks__add(struct stacks *stacks, enum sample_kind kind, const char *text,
		uint64_t samples);

/* Add all of others to stacks. As above. */
int stacks__merge(struct stacks *stacks, const struct stacks *others);

uint64_t stacks__total(const struct stacks *stacks);
void stacks__free(struct stacks *stacks);

/*
 * "a;b;c COUNT" a line, sorted: what Brendan Gregg's FlameGraph, speedscope and others read;
 * or "a;b;c BASECOUNT OTHERCOUNT", as difffolded.pl writes it.
 */
void stacks__print_folded(FILE *out, const struct stacks *stacks);
void stacks__print_difference(FILE *out, const struct stacks *base, const struct stacks *other);

#endif
