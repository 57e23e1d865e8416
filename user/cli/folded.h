/* SPDX-License-Identifier: GPL-2.0-or-later */
/* folded - where the holder's time went: files for tools that draw flame graphs. */
#ifndef SWITCHTAX_FOLDED_H
#define SWITCHTAX_FOLDED_H

#include "cli/session.h"
#include "evidence/stack_sums.h"

/*
 * stacks-ARM.folded of each arm, and stacks-diff.folded if both arms, base and other, were sampled
 * (base NULL: there is one). Returns 0, or -errno with the reason printed.
 */
int folded__write(struct session *session, const struct stack_sums *sums, const char *base,
		  const char *other);

#endif
