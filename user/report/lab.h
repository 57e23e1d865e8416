/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_lab - what the labs have shown, for people and as JSON.
 */
#ifndef SWITCHTAX_REPORT_LAB_H
#define SWITCHTAX_REPORT_LAB_H

#include <stdio.h>

#include "evidence/claims.h"
#include "labs/lab.h"
#include "experiment/lab_run.h"

/* The sentence of the lab sheet behind a claim's number; "" if there is none. */
const char *report_lab__sentence(const char *claim);

/* One lab: its question, verdicts, table of observations, and what the kernel counted. */
void report_lab__one(FILE *out, const struct lab *lab, const struct lab_result *result,
		     const struct claims *claims);

/* All claims, a line each and the reason below. */
void report_lab__scoreboard(FILE *out, const struct claims *claims);

/* The claims as JSON. */
void report_lab__json(FILE *out, const struct claims *claims);

#endif
