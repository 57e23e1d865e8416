/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explanation - what results folders show, in each of its forms, before any of it is printed or
 * written: an explanation that fails half-way leaves nothing. A command that measures and
 * `switchtax explain` say the same because both ask here.
 */
#ifndef SWITCHTAX_EXPLANATION_H
#define SWITCHTAX_EXPLANATION_H

#include <stdbool.h>
#include <stdio.h>

#include "base/exits.h"
#include "base/format.h"
#include "evidence/stack_sums.h"
#include "record/pool.h"
#include "results/csv.h"

#define EXPLANATION_FORMS (FORMAT_CSV + 1)

struct explanation {
	/* By enum output_format. */
	FILE *out[EXPLANATION_FORMS];	/* to be written to; NULL once closed */
	char *text[EXPLANATION_FORMS];
	size_t size[EXPLANATION_FORMS];
	const struct table *table;	/* of the CSV, if it is a file as well; else NULL */
	void *rows;			/* those of the table, */
	size_t count;			/* and how many */
	struct stack_sums stacks;	/* what each arm was sampled doing */
	const char *base;		/* the two arms in question; NULL: there are none */
	const char *other;
	bool whole;			/* all forms are there */
	bool valid;			/* every run is */
	char why[FOLDER_WHY_SIZE];	/* what went wrong */
};

/*
 * Explain the folders of an open pool. EXIT_MEASURED, or EXIT_NOT_VALID with explanation->why;
 * where only a pair to be judged is missing the forms are whole all the same, and say that. End
 * with explanation__free() in every case.
 */
enum exit_status explanation__make(struct explanation *explanation, struct pool *pool);
void explanation__free(struct explanation *explanation);

/* What goes to stdout. */
void explanation__print(const struct explanation *explanation, enum output_format format);

/* Make a folder that holds all forms, or none. An error is printed. */
enum exit_status explanation__write(const struct explanation *explanation, const char *path);

#endif
