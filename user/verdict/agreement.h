/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agreement - do the three lines of evidence say the same of context switching?
 *
 * Narrow (ledger) is what is lost around the switches; wide (dose) and ladder hold what they cost
 * inside of the holder's time too, so narrow below the other two is no contradiction but the
 * indirect cost.
 */
#ifndef SWITCHTAX_AGREEMENT_H
#define SWITCHTAX_AGREEMENT_H

#include "verdict/verdict.h"

enum agreement {
	AGREEMENT_NOT_ASKED,	/* no slowdown, so nothing to agree on */
	AGREEMENT_NOT_KNOWN,	/* fewer than two lines have an interval */
	AGREEMENT_LARGER,	/* every line lies above half of the excess */
	AGREEMENT_SMALLER,	/* every line lies below half of it */
	AGREEMENT_OVERLAP,	/* on both sides of half, but every interval meets every other */
	AGREEMENT_INDIRECT,	/* narrow lies below, the others above or across half */
	AGREEMENT_NONE,		/* two lines that should be the same are not */
};

#define AGREEMENT_TEXT_SIZE 1400

enum agreement agreement__of(const struct verdict *verdict);

/*
 * In whole sentences: whether the lines agree, what that means, and which line is missing and
 * why. "" where it was not asked.
 */
void agreement__text(const struct verdict *verdict, char text[AGREEMENT_TEXT_SIZE]);

#endif
