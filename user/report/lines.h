/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_lines - what each component of the excess is called for people, in the order to show
 * them.
 */
#ifndef SWITCHTAX_REPORT_LINES_H
#define SWITCHTAX_REPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "verdict/verdict.h"

/* A line of a table. */
struct report_line {
	enum verdict_component component;
	int indent;
	const char *label;
};

struct report_lines {
	const struct report_line *lines;
	size_t count;
};

/* Of the headline experiment, or of a comparison of two programs. */
struct report_lines report_lines__ledger(bool comparison);
struct report_lines report_lines__ladder(bool comparison);
struct report_lines report_lines__dose(bool comparison);

/* Its label; the component's name where the table leaves it out. */
const char *report_lines__label(const struct verdict_question *question, bool comparison,
				enum verdict_component component);

#endif
