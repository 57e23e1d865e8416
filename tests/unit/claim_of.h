/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claim_of - what a lab has judged of one of its claims. */
#ifndef SWITCHTAX_CLAIM_OF_H
#define SWITCHTAX_CLAIM_OF_H

#include <string.h>

#include "../../user/evidence/claims.h"

/* The first row of that claim, or NULL. */
static inline const struct claim_row *claim_of(const struct claims *claims, const char *claim)
{
	for (size_t i = 0; i < claims->count; i++)
		if (strcmp(claims->rows[i].claim, claim) == 0)
			return &claims->rows[i];
	return NULL;
}

#endif
