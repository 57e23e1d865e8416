/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress - one line on the terminal that says what runs and how long it will take. */
#ifndef SWITCHTAX_PROGRESS_H
#define SWITCHTAX_PROGRESS_H

#include <stdbool.h>

struct progress {
	bool shown;		/* stderr is a terminal, and nobody asked for quiet */
	char what[96];
	double done;		/* 0..1 when what began */
	double next;		/* 0..1 when it is expected to end */
	double began_s;
	double expected_s;	/* how long it is expected to take; 0: unknown */
	double total_s;		/* of the whole; 0: unknown */
};

/* Decide whether to show anything; quiet wins. */
void progress__init(struct progress *progress, bool quiet);

/* Something begins; see the fields. */
void progress__begin(struct progress *progress, const char *what, double done, double next,
		     double expected_s, double total_s);

/* Draw again; called about ten times a second. */
void progress__tick(void *progress);

/* Remove the line. */
void progress__clear(struct progress *progress);

#endif
