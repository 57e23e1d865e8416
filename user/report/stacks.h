/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_stacks - where the holder's time went: a section for people. */
#ifndef SWITCHTAX_REPORT_STACKS_H
#define SWITCHTAX_REPORT_STACKS_H

#include <stdio.h>

#include "evidence/stack_sums.h"

/* Nothing, where nothing was sampled of other. base: NULL for a single run, of arm other. */
void report_stacks__text(FILE *out, const struct stack_sums *sums, const char *base,
			 const char *other);

#endif
