// SPDX-License-Identifier: GPL-2.0-or-later
// Sums over runs; and by function, where lines that end alike are one.
#include "evidence/stack_sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracer/tracer.h"

static struct stack_arm *arm_of(struct stack_sums *sums, const char *name)
{
	struct stack_arm *arm;

	for (size_t i = 0; i < sums->count; i++)
		if (strcmp(sums->arms[i].name, name) == 0)
			return &sums->arms[i];
	if (sums->count == STACK_SUMS_MOST_ARMS)
		return NULL;
	arm = &sums->arms[sums->count++];
	columns__set_text(arm->name, sizeof(arm->name), name);
	return arm;
}

static void add_ns(struct stack_arm *arm, const struct run *run)
{
	const struct run_samples *samples = &run->samples;
	uint64_t parts[SAMPLE_KINDS];

	if (run->ledger.has_lock) {
		run_samples__split(&samples->stacks, run->ledger.lock_ns[HELD_RUNNING], parts);
		arm->has_lock = true;
	} else {
		for (int kind = 0; kind < SAMPLE_KINDS; kind++)
			parts[kind] = samples->stacks.samples[kind] * TRACER_SAMPLE_PERIOD_NS;
	}
	for (int kind = 0; kind < SAMPLE_KINDS; kind++)
		arm->ns[kind] += parts[kind];
}

int stack_sums__add(struct stack_sums *sums, const struct run *run)
{
	struct stack_arm *arm;

	if (!run->traced || run->row.valid != 1 || !run->row.block)
		return 0;
	arm = arm_of(sums, run->row.arm);
	if (!arm)
		return -ENOMEM;
	arm->runs++;
	arm->lost.dropped += run->samples.dropped;
	for (int cause = 0; cause < SAMPLE_LOSSES; cause++)
		arm->lost.losses[cause] += run->samples.losses[cause];
	add_ns(arm, run);
	return stacks__merge(&arm->stacks, &run->samples.stacks);
}

const struct stack_arm *stack_sums__arm(const struct stack_sums *sums, const char *name)
{
	for (size_t i = 0; name && i < sums->count; i++)
		if (strcmp(sums->arms[i].name, name) == 0)
			return &sums->arms[i];
	return NULL;
}

void stack_sums__free(struct stack_sums *sums)
{
	for (size_t i = 0; i < sums->count; i++)
		stacks__free(&sums->arms[i].stacks);
	*sums = (struct stack_sums){ 0 };
}

double stack_sums__ms(const struct stack_arm *arm, enum sample_kind kind)
{
	return arm->runs ? (double)arm->ns[kind] / (double)arm->runs / 1e6 : 0;
}

/* ---- functions ---- */

struct tops {
	struct stack_growth *list;
	size_t count;
};

static const char *top_of(const struct stack *stack)
{
	const char *last = strrchr(stack->text, ';');

	return last ? last + 1 : stack->text;
}

/* What one sample of the kind stands for, in ms a run. */
static double sample_ms(const struct stack_arm *arm, enum sample_kind kind)
{
	uint64_t samples = arm->stacks.samples[kind];

	return samples ? stack_sums__ms(arm, kind) / (double)samples : 0;
}

static void take_tops(struct tops *tops, const struct stack_arm *arm, bool other)
{
	for (size_t i = 0; i < arm->stacks.count; i++) {
		const struct stack *stack = arm->stacks.list[i];
		double ms = sample_ms(arm, stack->kind) * (double)stack->samples;

		tops->list[tops->count++] = (struct stack_growth){
			.function = top_of(stack),
			.base_ms = other ? 0 : ms,
			.other_ms = other ? ms : 0,
		};
	}
}

static int by_function(const void *a, const void *b)
{
	return strcmp(((const struct stack_growth *)a)->function,
		      ((const struct stack_growth *)b)->function);
}

static void add_up(struct tops *tops)
{
	size_t kept = 0;

	qsort(tops->list, tops->count, sizeof(*tops->list), by_function);
	for (size_t i = 0; i < tops->count; i++) {
		struct stack_growth *last = kept ? &tops->list[kept - 1] : NULL;

		if (last && strcmp(last->function, tops->list[i].function) == 0) {
			last->base_ms += tops->list[i].base_ms;
			last->other_ms += tops->list[i].other_ms;
		} else {
			tops->list[kept++] = tops->list[i];
		}
	}
	tops->count = kept;
}

static int by_growth(const void *a, const void *b)
{
	const struct stack_growth *left = a, *right = b;
	double l = left->other_ms - left->base_ms, r = right->other_ms - right->base_ms;

	return l == r ? strcmp(left->function, right->function) : l < r ? 1 : -1;
}

size_t stack_sums__growth(const struct stack_arm *base, const struct stack_arm *other,
			  struct stack_growth *growth, size_t most)
{
	size_t room = other->stacks.count + (base ? base->stacks.count : 0), found = 0;
	struct tops tops = { .list = calloc(room ? room : 1, sizeof(*tops.list)) };

	if (!tops.list)
		return 0;
	if (base)
		take_tops(&tops, base, false);
	take_tops(&tops, other, true);
	add_up(&tops);
	qsort(tops.list, tops.count, sizeof(*tops.list), by_growth);
	while (found < most && found < tops.count &&
	       tops.list[found].other_ms > tops.list[found].base_ms) {
		growth[found] = tops.list[found];
		found++;
	}
	free(tops.list);
	return found;
}
