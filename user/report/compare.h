/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_compare - the report on two command lines; see report.h, which calls it. */
#ifndef SWITCHTAX_REPORT_COMPARE_H
#define SWITCHTAX_REPORT_COMPARE_H

#include <cjson/cJSON.h>

#include <stdio.h>

#include "report/about.h"

void report_compare__text(FILE *out, const struct report *report);
int report_compare__sentence(char *text, size_t size, const struct report *report);

/* The two command lines, as members of root. */
void report_compare__add_programs(cJSON *root, const struct report_comparison *comparison);

#endif
