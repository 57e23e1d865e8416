// SPDX-License-Identifier: GPL-2.0-or-later
// Finds a lab, and judges what came out of it.
#include "labs/lab.h"

#include <string.h>

const struct lab *lab__find(const char *name)
{
	for (size_t i = 0; all_labs[i]; i++)
		if (strcmp(all_labs[i]->name, name) == 0)
			return all_labs[i];
	return NULL;
}

int lab__judge(const struct lab *lab, const struct lab_evidence *evidence, const char *reason,
	       struct claims *claims)
{
	int err = reason ? 0 : lab->judge(evidence, claims);

	for (size_t i = 0; lab->claims[i]; i++)
		claims__add(claims, lab->claims[i], lab->name, CLAIM_UNDECIDED, NULL, NULL, "%s",
			    reason ? reason : "too few valid runs to judge by");
	return err;
}

enum claim_verdict lab__above(const struct interval *interval, double limit)
{
	if (claims__above(interval, limit))
		return CLAIM_SUPPORTED;
	return claims__below(interval, limit) ? CLAIM_REFUTED : CLAIM_UNDECIDED;
}

enum claim_verdict lab__below(const struct interval *interval, double limit)
{
	if (claims__below(interval, limit))
		return CLAIM_SUPPORTED;
	return claims__above(interval, limit) ? CLAIM_REFUTED : CLAIM_UNDECIDED;
}
