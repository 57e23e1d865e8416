// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * While a run lasts its samples are only kept, and naming them waits until it has ended: it
 * would take CPU time from what is measured. A very long run is named in between, so that
 * memory stays bounded.
 */
#define _GNU_SOURCE 1
#include "run/samples.h"

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/apportion.h"
#include "base/list.h"

/* Some 20 MB, or twenty seconds of one CPU. */
#define MOST_RAW 20000

/* Return addresses that one stack may hold into code made at run time. */
#define MOST_WORDS 64

/* The last is our own. */
static const char *const loss_names[SAMPLE_LOSSES + 1] = {
	[SAMPLE_LOSS_ROOM] = "samples lost: ring full",
	[SAMPLE_LOSS_SEAT] = "samples lost: seat unreadable",
	[SAMPLE_LOSS_KERNEL_STACK] = "kernel stacks lost: not to be had",
	[SAMPLE_LOSS_USER_STACK] = "user stacks lost: not to be had",
	[SAMPLE_LOSSES] = "samples lost: no memory",
};

/* A copy without the unused room, which also is what makes two of them equal. */
struct run_sample {
	uint64_t count;
	size_t size;		/* of key and all behind it */
	struct {
		uint32_t pid;
		uint32_t flags;
		uint32_t nkernel;
		uint32_t nuser;
		uint32_t nwords;
		uint32_t lock;
	} key;
	uint64_t frames[];	/* the kernel's, then the user's (struct sample_frame), words */
};

static int by_content(const void *a, const void *b)
{
	const struct run_sample *left = a, *right = b;

	if (left->size != right->size)
		return left->size < right->size ? -1 : 1;
	return memcmp(&left->key, &right->key, left->size);
}

/* Of the stack's words only what may be code that was made at run time. */
static struct run_sample *copy(struct run_samples *samples, const struct stack_sample *sample)
{
	size_t kernel = sample->kernel_frames * sizeof(uint64_t);
	size_t user = sample->user_frames * sizeof(struct sample_frame);
	struct run_sample *raw = calloc(1, sizeof(*raw) + kernel + user +
					   MOST_WORDS * sizeof(uint64_t));

	if (!raw)
		return NULL;
	raw->key.nwords = (uint32_t)symbolizer__keep_code(
		samples->symbolizer, (pid_t)sample->pid,
		(const uint64_t *)(sample->user + sample->user_frames), sample->stack_words,
		raw->frames + (kernel + user) / sizeof(uint64_t), MOST_WORDS);
	raw->size = sizeof(raw->key) + kernel + user + raw->key.nwords * sizeof(uint64_t);
	raw->key.pid = sample->pid;
	raw->key.flags = sample->flags;
	raw->key.lock = sample->lock;
	raw->key.nkernel = sample->kernel_frames;
	raw->key.nuser = sample->user_frames;
	memcpy(raw->frames, sample->kernel, kernel);
	memcpy(raw->frames + sample->kernel_frames, sample->user, user);
	return raw;
}

/* Takes raw over. */
static int count(struct run_samples *samples, struct run_sample *raw)
{
	void *list = list__grow(samples->raw, samples->nraw, sizeof(struct run_sample *));
	struct run_sample **found;

	if (!list)
		return -ENOMEM;
	samples->raw = list;
	found = tsearch(raw, &samples->tree, by_content);
	if (!found)
		return -ENOMEM;
	(*found)->count++;
	if (*found == raw)
		samples->raw[samples->nraw++] = raw;
	else
		free(raw);
	return 0;
}

void run_samples__begin(struct run_samples *samples, struct symbolizer *symbolizer, uid_t uid)
{
	*samples = (struct run_samples){ .symbolizer = symbolizer };
	if (symbolizer)
		symbolizer__begin(symbolizer, uid);
}

void run_samples__keep(const struct stack_sample *sample, void *run_samples)
{
	struct run_samples *samples = run_samples;
	struct run_sample *raw;

	if (samples->nraw >= MOST_RAW && run_samples__settle(samples))
		samples->dropped++;
	symbolizer__look(samples->symbolizer, (pid_t)sample->pid);
	raw = copy(samples, sample);
	if (!raw || count(samples, raw)) {
		free(raw);
		samples->dropped++;
	}
}

static void keep_node(void *node)
{
	(void)node;
}

static void forget_raw(struct run_samples *samples)
{
	tdestroy(samples->tree, keep_node);
	samples->tree = NULL;
	for (size_t i = 0; i < samples->nraw; i++)
		free(samples->raw[i]);
	samples->nraw = 0;
}

/* NULL: no memory. */
static struct stacks *stacks_of(struct run_samples *samples, uint32_t lock)
{
	struct lock_stacks *locks;

	for (size_t i = 0; i < samples->nlocks; i++)
		if (samples->locks[i].lock == lock)
			return &samples->locks[i].stacks;
	locks = list__grow(samples->locks, samples->nlocks, sizeof(*locks));
	if (!locks)
		return NULL;
	samples->locks = locks;
	samples->locks[samples->nlocks] = (struct lock_stacks){ .lock = lock };
	return &samples->locks[samples->nlocks++].stacks;
}

static int name(struct run_samples *samples, const struct run_sample *raw, char *text)
{
	const struct symbolizer_sample sample = {
		.pid = (pid_t)raw->key.pid,
		.flags = raw->key.flags,
		.kernel = raw->frames,
		.nkernel = raw->key.nkernel,
		.user = (const struct sample_frame *)(raw->frames + raw->key.nkernel),
		.nuser = raw->key.nuser,
		.words = raw->frames + raw->key.nkernel +
			 raw->key.nuser * sizeof(struct sample_frame) / sizeof(uint64_t),
		.nwords = raw->key.nwords,
	};
	enum sample_kind kind = symbolizer__name(samples->symbolizer, &sample, text);
	struct stacks *stacks = stacks_of(samples, raw->key.lock);

	return stacks ? stacks__add(stacks, kind, text, raw->count) : -ENOMEM;
}

int run_samples__settle(struct run_samples *samples)
{
	char *text = malloc(SYMBOLIZER_TEXT_SIZE);
	int err = text ? 0 : -ENOMEM;

	if (samples->symbolizer)
		symbolizer__refresh(samples->symbolizer);
	for (size_t i = 0; i < samples->nraw && !err; i++)
		err = name(samples, samples->raw[i], text);
	free(text);
	forget_raw(samples);
	return err;
}

void run_samples__choose(struct run_samples *samples, uint32_t lock)
{
	samples->chosen = lock;
	for (size_t i = 0; i < samples->nlocks; i++) {
		struct lock_stacks *from = &samples->locks[i];

		if (from->lock != lock)
			continue;
		samples->stacks = from->stacks;
		*from = samples->locks[--samples->nlocks];
		return;
	}
}

const struct stacks *run_samples__of(const struct run_samples *samples, uint32_t lock)
{
	if (lock == samples->chosen)
		return &samples->stacks;
	for (size_t i = 0; i < samples->nlocks; i++)
		if (samples->locks[i].lock == lock)
			return &samples->locks[i].stacks;
	return NULL;
}

bool run_samples__split(const struct stacks *stacks, uint64_t ns, uint64_t parts[SAMPLE_KINDS])
{
	return apportion(ns, stacks->samples, parts, SAMPLE_KINDS);
}

const char *run_samples__loss_name(size_t cause)
{
	return cause <= SAMPLE_LOSSES ? loss_names[cause] : NULL;
}

uint64_t *run_samples__loss(struct run_samples *samples, size_t cause)
{
	return cause < SAMPLE_LOSSES ? &samples->losses[cause] : &samples->dropped;
}

void run_samples__describe_losses(const struct run_samples *samples, char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t cause = 0; cause <= SAMPLE_LOSSES && at < size; cause++) {
		uint64_t count = cause < SAMPLE_LOSSES ? samples->losses[cause] : samples->dropped;

		if (count)
			at += (size_t)snprintf(text + at, size - at, "%s%" PRIu64 " %s",
					       at ? "; " : "", count, loss_names[cause]);
	}
}

void run_samples__free(struct run_samples *samples)
{
	forget_raw(samples);
	free(samples->raw);
	stacks__free(&samples->stacks);
	for (size_t i = 0; i < samples->nlocks; i++)
		stacks__free(&samples->locks[i].stacks);
	free(samples->locks);
	*samples = (struct run_samples){ 0 };
}
