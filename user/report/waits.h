/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_waits - who waited for whom when the window closed, as far as that is certain. */
#ifndef SWITCHTAX_REPORT_WAITS_H
#define SWITCHTAX_REPORT_WAITS_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "run/run.h"

/* Deadlocks first. Nothing is printed where nothing is known. */
void report_waits__text(FILE *out, const struct run *run);

/* All waits with an owner, as an array of the object. */
void report_waits__json(cJSON *root, const struct futexes *futexes);

#endif
