/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict__judge - from runs to the answer.
 *
 * Pure arithmetic over trials and prices, all of which are in the CSV files of a results folder:
 * whoever reads them back gets the same verdict. Pairs are formed inside a block; block 0 is the
 * warm-up and invalid runs take no part.
 */
#ifndef SWITCHTAX_JUDGE_H
#define SWITCHTAX_JUDGE_H

#include "verdict/verdict.h"

/*
 * Judge. prices NULL: none are known. Returns 0, -ENODATA if no pair of base and other is
 * valid, or -ENOMEM. End with verdict__free(), in every case and before the trials go.
 */
int verdict__judge(const struct trials *trials, const struct verdict_question *question,
		   const struct verdict_prices *prices, struct verdict *verdict);

/*
 * The slowdown alone, for the stopping rule: median and interval of other over base in
 * untraced (else traced) pairs. Returns 0, -ENODATA or -ENOMEM.
 */
int verdict__slowdown(const struct trials *trials, const struct verdict_question *question,
		      struct interval *slowdown);

#endif
