/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_stacks - where the holder's time went: a section for people, and files for tools. */
#ifndef SWITCHTAX_REPORT_STACKS_H
#define SWITCHTAX_REPORT_STACKS_H

#include <stdio.h>

#include "cli/session.h"
#include "evidence/stack_sums.h"

/* Nothing, where nothing was sampled of other. base: NULL for a single run, of arm other. */
void report_stacks__text(FILE *out, const struct stack_sums *sums, const char *base,
			 const char *other);

/*
 * stacks-ARM.folded of each arm, and stacks-diff.folded if both arms were sampled. Returns 0,
 * or -errno with the reason printed.
 */
int report_stacks__files(struct session *session, const struct stack_sums *sums,
			 const char *base, const char *other);

#endif
