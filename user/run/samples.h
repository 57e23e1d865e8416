/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run_samples - what the lock's holder did while it ran: samples of one run, from the tracer's
 * ring to lines of names.
 */
#ifndef SWITCHTAX_RUN_SAMPLES_H
#define SWITCHTAX_RUN_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/stacks.h"
#include "symbols/symbolizer.h"

struct run_sample;

/* Samples of the holder of one lock; 0: of any thread, while no lock was known. */
struct lock_stacks {
	uint32_t lock;
	struct stacks stacks;
};

/* Of a run without samples all zeros. */
struct run_samples {
	struct symbolizer *symbolizer;	/* borrowed; NULL: none are taken */
	struct stacks stacks;		/* of the lock that was chosen, complete then */
	uint32_t chosen;
	struct lock_stacks *locks;	/* of all others */
	size_t nlocks;
	uint64_t losses[SAMPLE_LOSSES];
	uint64_t dropped;		/* for want of memory */
	struct run_sample **raw;	/* not yet named; equal ones once */
	size_t nraw;
	void *tree;			/* the same, for finding (tsearch(3)) */
};

/* uid: whom the program runs as. */
void run_samples__begin(struct run_samples *samples, struct symbolizer *symbolizer, uid_t uid);

/* Keep one; the signature is tracer__drain_samples()'s. Looks at its process while it lives. */
void run_samples__keep(const struct stack_sample *sample, void *run_samples);

/* Name all that were kept. Returns 0 or -ENOMEM. */
int run_samples__settle(struct run_samples *samples);

/* After that: the lock (index of its record, or 0) whose samples are the run's. */
void run_samples__choose(struct run_samples *samples, uint32_t lock);

/* The samples of a lock's holder; NULL: there are none. */
const struct stacks *run_samples__of(const struct run_samples *samples, uint32_t lock);

/*
 * Split ns (held_running) as samples are, exactly. False: there is none, and nothing can be said.
 */
bool run_samples__split(const struct stacks *stacks, uint64_t ns, uint64_t parts[SAMPLE_KINDS]);

/* Causes of losses as numbers from 0: what is counted, by a name of its own; NULL: no more. */
const char *run_samples__loss_name(size_t cause);
uint64_t *run_samples__loss(struct run_samples *samples, size_t cause);

/* "12 samples lost: ring full; ...", or "" if nothing was lost. */
void run_samples__describe_losses(const struct run_samples *samples, char *text, size_t size);

void run_samples__free(struct run_samples *samples);

#endif
