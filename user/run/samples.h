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

/* Of a run without samples all zeros. */
struct run_samples {
	struct symbolizer *symbolizer;	/* borrowed; NULL: none are taken */
	struct stacks stacks;		/* complete after run_samples__settle() */
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

/*
 * Split ns (held_running) as the samples are, exactly. False: there is none, and nothing can
 * be said.
 */
bool run_samples__split(const struct run_samples *samples, uint64_t ns,
			uint64_t parts[SAMPLE_KINDS]);

/* Causes of losses as numbers from 0: what is counted, by a name of its own; NULL: no more. */
const char *run_samples__loss_name(size_t cause);
uint64_t *run_samples__loss(struct run_samples *samples, size_t cause);

/* "12 samples lost: ring full; ...", or "" if nothing was lost. */
void run_samples__describe_losses(const struct run_samples *samples, char *text, size_t size);

void run_samples__free(struct run_samples *samples);

#endif
