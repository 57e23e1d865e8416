// SPDX-License-Identifier: GPL-2.0-or-later
// Counts by text, and merges sorted lists of them.
#define _GNU_SOURCE 1
#include "ledger/stacks.h"

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"

static int by_text(const void *a, const void *b)
{
	const struct stack *left = a, *right = b;
	int order = strcmp(left->text, right->text);

	return order ? order : (int)left->kind - (int)right->kind;
}

static void free_stack(struct stack *stack)
{
	free(stack->text);
	free(stack);
}

/* In the list first: what is in the tree alone could not be freed. */
static int keep(struct stacks *stacks, struct stack *stack)
{
	void *list = list__grow(stacks->list, stacks->count, sizeof(struct stack *));

	if (!list)
		return -ENOMEM;
	stacks->list = list;
	if (!tsearch(stack, &stacks->tree, by_text))
		return -ENOMEM;
	stacks->list[stacks->count++] = stack;
	return 0;
}

static struct stack *make(struct stacks *stacks, enum sample_kind kind, const char *text)
{
	struct stack *stack = calloc(1, sizeof(*stack));

	if (!stack)
		return NULL;
	stack->kind = kind;
	stack->text = strdup(text);
	if (stack->text && keep(stacks, stack) == 0)
		return stack;
	free_stack(stack);
	return NULL;
}

int stacks__add(struct stacks *stacks, enum sample_kind kind, const char *text, uint64_t samples)
{
	const struct stack wanted = { .text = (char *)text, .kind = kind };
	struct stack **found = tfind(&wanted, &stacks->tree, by_text);
	struct stack *stack = found ? *found : make(stacks, kind, text);

	if (!stack)
		return -ENOMEM;
	stack->samples += samples;
	stacks->samples[kind] += samples;
	return 0;
}

int stacks__merge(struct stacks *stacks, const struct stacks *others)
{
	int err = 0;

	for (size_t i = 0; i < others->count && !err; i++)
		err = stacks__add(stacks, others->list[i]->kind, others->list[i]->text,
				  others->list[i]->samples);
	return err;
}

uint64_t stacks__total(const struct stacks *stacks)
{
	uint64_t sum = 0;

	for (int kind = 0; kind < SAMPLE_KINDS; kind++)
		sum += stacks->samples[kind];
	return sum;
}

static void keep_stack(void *node)
{
	(void)node;
}

void stacks__free(struct stacks *stacks)
{
	tdestroy(stacks->tree, keep_stack);
	for (size_t i = 0; i < stacks->count; i++)
		free_stack(stacks->list[i]);
	free(stacks->list);
	*stacks = (struct stacks){ 0 };
}

/* ---- files ---- */

static int by_text_of(const void *a, const void *b)
{
	return by_text(*(struct stack *const *)a, *(struct stack *const *)b);
}

static void sort(const struct stacks *stacks)
{
	if (stacks->count)
		qsort(stacks->list, stacks->count, sizeof(struct stack *), by_text_of);
}

/* The same names may have been sampled in several kinds: the sum, and past all of them. */
static uint64_t take(const struct stacks *stacks, size_t *at, const char *text)
{
	uint64_t samples = 0;

	for (; *at < stacks->count && strcmp(stacks->list[*at]->text, text) == 0; (*at)++)
		samples += stacks->list[*at]->samples;
	return samples;
}

static const char *text_at(const struct stacks *stacks, size_t at)
{
	return at < stacks->count ? stacks->list[at]->text : NULL;
}

void stacks__print_folded(FILE *out, const struct stacks *stacks)
{
	const char *text;
	size_t at = 0;

	sort(stacks);
	while ((text = text_at(stacks, at)) != NULL)
		fprintf(out, "%s %" PRIu64 "\n", text, take(stacks, &at, text));
}

/* The lesser of the two that come next; NULL after the last. */
static const char *next(const struct stacks *base, size_t in_base, const struct stacks *other,
			size_t in_other)
{
	const char *left, *right;

	if (in_base >= base->count)
		return text_at(other, in_other);
	if (in_other >= other->count)
		return text_at(base, in_base);
	left = base->list[in_base]->text;
	right = other->list[in_other]->text;
	return strcmp(left, right) < 0 ? left : right;
}

void stacks__print_difference(FILE *out, const struct stacks *base, const struct stacks *other)
{
	size_t in_base = 0, in_other = 0;
	const char *text;

	sort(base);
	sort(other);
	while ((text = next(base, in_base, other, in_other)) != NULL) {
		uint64_t before = take(base, &in_base, text);

		fprintf(out, "%s %" PRIu64 " %" PRIu64 "\n", text, before,
			take(other, &in_other, text));
	}
}
