/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict_parts - the arms, and how each component of the excess is formed inside a block: what
 * verdict.c asks of the files that hold one line of evidence each. Nobody else needs it.
 */
#ifndef SWITCHTAX_VERDICT_PARTS_H
#define SWITCHTAX_VERDICT_PARTS_H

#include "verdict/blocks.h"
#include "verdict/verdict.h"

/* Fills verdict->arms. Returns 0 or -ENOMEM. */
int verdict_arms__judge(const struct inquiry *inquiry, struct verdict *verdict);

/* clock_traced: as in struct inquiry. */
struct block_part verdict_ledger__part(enum verdict_component component);
struct block_part verdict_ladder__part(enum verdict_component component, bool clock_traced);
struct block_part verdict_dose__part(enum verdict_component component, bool clock_traced);

/* Slope and intercept over the blocks of several machines, each of which weighs the same. */
int verdict_dose__fit(const struct inquiry *inquiry, struct dose_fit *fit);

/* Does any measured block tell page faults apart, in both arms in question? */
bool verdict_ledger__sampled(const struct inquiry *inquiry);

/* What is lost around the switches, narrow: the ledger's figure, other - base, in ms. */
block_figure verdict_ledger__narrow;

/*
 * What arms paid for taking and releasing the lock, other - base, in ms; NAN where no price is
 * known. The argument is not used.
 */
block_figure verdict_ladder__lock;

/* memory - base, in ms; the argument is not used. */
block_figure verdict_ladder__memory;

#endif
