/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explanation - what `switchtax explain` has found, in each of its forms, before any of it is
 * printed or written: an explanation that fails half-way leaves nothing.
 */
#ifndef SWITCHTAX_EXPLANATION_H
#define SWITCHTAX_EXPLANATION_H

#include <stdbool.h>
#include <stdio.h>

#include "base/exits.h"
#include "base/format.h"
#include "record/pool.h"
#include "results/csv.h"

enum { EXPLANATION_TEXT, EXPLANATION_JSON, EXPLANATION_CSV, EXPLANATION_FORMS };

struct explanation {
	FILE *out[EXPLANATION_FORMS];	/* to be written to; NULL once closed */
	char *text[EXPLANATION_FORMS];
	size_t size[EXPLANATION_FORMS];
	const char *csv_name;		/* of the file: verdict.csv, labs.csv; NULL: no file */
	bool valid;			/* every run is */
	char why[FOLDER_WHY_SIZE];	/* what went wrong */
};

/*
 * Fill all forms from a folder of that kind, or several. Return EXIT_MEASURED or EXIT_NOT_VALID
 * with explanation->why.
 */
enum exit_status explain_experiment(struct pool *pool, struct explanation *explanation);
enum exit_status explain_trace(const struct folder *folder, struct explanation *explanation);
enum exit_status explain_labs(const struct folder *folder, struct explanation *explanation);
enum exit_status explain_prices(const struct folder *folder, struct explanation *explanation);

/* What is wrong with -errno err, or with the file that *error names, in *explanation->why. */
enum exit_status explanation__failed(struct explanation *explanation, const struct folder *folder,
				     const struct csv_error *error, int err);

/* Open the forms. Returns 0 or -ENOMEM. End with explanation__free() in every case. */
int explanation__open(struct explanation *explanation);

/* Write the folder asked for with -o, NULL: none, and print the form asked for. */
enum exit_status explanation__publish(struct explanation *explanation, enum output_format format,
				      const char *output);
void explanation__free(struct explanation *explanation);

#endif
