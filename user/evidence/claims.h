/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claims - what the measurements say of the lab sheet's sentences (labs.csv).
 */
#ifndef SWITCHTAX_CLAIMS_H
#define SWITCHTAX_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>

#include "results/rows.h"
#include "base/stats.h"

#define CLAIMS_MAX 32

enum claim_verdict { CLAIM_SUPPORTED, CLAIM_REFUTED, CLAIM_UNDECIDED };

struct claims {
	struct claim_row rows[CLAIMS_MAX];
	size_t count;
};

/*
 * Add a verdict on a claim ("C7"). The figure that it rests on with its interval, in that unit
 * (see evidence.h; NULL figure: there is none), and one sentence that says why: what was
 * compared, and by which rule. An experiment's second verdict on the same claim is dropped; two
 * experiments may each have one, resting on evidence of their own.
 */
void claims__add(struct claims *claims, const char *claim, const char *experiment,
		 enum claim_verdict verdict, const struct interval *figure, const char *unit,
		 const char *reason, ...) __attribute__((format(printf, 7, 8)));

/* "supported", "refuted", "undecided" */
const char *claims__word(enum claim_verdict verdict);

/* Does the whole interval lie there? One value has no interval, and lies nowhere. */
bool claims__above(const struct interval *interval, double limit);
bool claims__below(const struct interval *interval, double limit);

/* One exact figure, as an interval without width. */
struct interval claims__exactly(double value);

#endif
