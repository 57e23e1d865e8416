/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_locks - what the report on one traced run says of its locks. */
#ifndef SWITCHTAX_REPORT_LOCKS_H
#define SWITCHTAX_REPORT_LOCKS_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "run/run.h"

/* The section on the lock that cost most, and a line for each of the others; or why there is none. */
void report_locks__print(FILE *out, const struct run *run);

/* "lock": an object with the same, or null. */
void report_locks__add(cJSON *root, const struct run *run);

#endif
