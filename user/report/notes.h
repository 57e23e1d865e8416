/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_notes - what a reader has to know of the figures, in sentences; for text and JSON. */
#ifndef SWITCHTAX_REPORT_NOTES_H
#define SWITCHTAX_REPORT_NOTES_H

#include <stdbool.h>
#include <stddef.h>

#include "report/about.h"

#define REPORT_NOTE_SIZE 1024

/* Did watching change the arm? More than 2 % off, beyond the interval's doubt. */
bool report_notes__felt(const struct verdict_arm *arm);

/* What tracing did to the two arms in question: the first or second note. False: no more. */
bool report_notes__tracing(const struct report *report, size_t index,
			   char text[REPORT_NOTE_SIZE]);

/* All others, index 0 and up. False: no more. */
bool report_notes__get(const struct report *report, size_t index, char text[REPORT_NOTE_SIZE]);

#endif
