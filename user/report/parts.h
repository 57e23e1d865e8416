/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_parts - what the reports of all experiments have in common, part by part. */
#ifndef SWITCHTAX_REPORT_PARTS_H
#define SWITCHTAX_REPORT_PARTS_H

#include <stddef.h>
#include <stdbool.h>
#include <stdio.h>

#include <stdio.h>

#include "report/about.h"
#include "report/lines.h"

/* What the two arms in question are called in a sentence. */
struct report_words {
	const char *other;
	const char *other_first;	/* as the first word */
	const char *base;
};

/* Room for a label, indentation included, and for text. */
#define REPORT_LABEL_WIDTH 47
#define REPORT_TEXT_WIDTH 86
#define REPORT_INDENT "  "

/* The answer where there are no shares to give. Returns what snprintf() returns. */
int report_parts__no_shares(char *text, size_t size, const struct verdict *verdict,
			    const struct report_words *words);

/* "median [95 % interval] over 18 blocks" */
void report_parts__basis(char *text, size_t size, const struct verdict *verdict);

/* Text broken into lines, each indented. */
void report_parts__wrapped(FILE *out, const char *text);

/* The sections of a report; the first returns whether there was a reason to warn. */
bool report_parts__warning(FILE *out, const struct report *report);
void report_parts__arms(FILE *out, const struct verdict *verdict);
void report_parts__intervals(FILE *out, const struct verdict *verdict, const char *title);
void report_parts__lines(FILE *out, const struct verdict *verdict,
			 const struct report_lines *lines);
void report_parts__dose(FILE *out, const struct report *report);
void report_parts__agreement(FILE *out, const struct verdict *verdict);
void report_parts__notes(FILE *out, const struct report *report);
void report_parts__overhead(FILE *out, const struct report *report);
void report_parts__validity(FILE *out, const struct report *report);

#endif
