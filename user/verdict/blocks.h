/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blocks - the runs of one block side by side, and figures over all blocks.
 *
 * Every figure of a verdict is formed inside a block first, then its median and interval are
 * taken over blocks: so the machine's drift cancels, and parts add up block by block. Block 0 is
 * the warm-up; invalid runs take no part.
 */
#ifndef SWITCHTAX_BLOCKS_H
#define SWITCHTAX_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verdict/dose.h"
#include "evidence/trials.h"
#include "base/stats.h"
#include "verdict/verdict.h"

/* What is judged, and how. */
struct inquiry {
	const struct trials *trials;
	const struct verdict_question *question;
	struct verdict_prices prices;
	bool clock_traced;	/* untraced runs tell the time, without them the traced ones */
	bool undisturbed;	/* leave out the runs that are marked as disturbed */
	bool sampled;		/* a block tells how long the holders dealt with page faults */
	const struct dose_line *lines;	/* of the blocks that have one */
	size_t nlines;
};

/* One block of one kind of run, traced or not. */
struct block {
	uint64_t number;
	bool traced;
	const struct inquiry *inquiry;
};

/* What one block contributes to a figure; NAN if a run is missing or invalid. */
typedef double block_figure(const struct block *block, const void *arg);

/* A component of the excess: its figure, and that of the whole that it is a share of. */
struct block_part {
	block_figure *figure;
	const void *arg;
	block_figure *whole;
	const void *whole_arg;
	bool traced;
};

/* The number of the last block, which is how many were measured. */
uint64_t blocks__last(const struct trials *trials);

/* Machines that the trials come from: 1, unless they were put together. */
size_t blocks__machines(const struct trials *trials);

/* The prices that were measured beside this block; else those of the inquiry. */
struct verdict_prices blocks__prices(const struct block *block);

/* The valid run of an arm, or NULL. arm may be NULL. */
const struct trial *blocks__find(const struct block *block, const char *arm);

/* Wall time of an arm (its name is the argument), in ms. */
block_figure blocks__wall;

/* other - base, in ms; the argument is not used. */
block_figure blocks__total;

/*
 * Median and interval of a figure over all measured blocks; n == 0 if none has it. Over several
 * machines it is the mean of their medians (stats__stratified_median()), and n == 0 if one of them
 * has no block with it. Returns 0 or -ENOMEM.
 */
int blocks__over(const struct inquiry *inquiry, bool traced, block_figure *figure,
		 const void *arg, struct interval *out);

/* The same of a part as a share of its whole. */
int blocks__share(const struct inquiry *inquiry, const struct block_part *part,
		  struct interval *out);

#endif
