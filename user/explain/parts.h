/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parts - how a folder of each kind is explained. */
#ifndef SWITCHTAX_EXPLAIN_PARTS_H
#define SWITCHTAX_EXPLAIN_PARTS_H

#include "explain/explanation.h"
#include "record/run_files.h"
#include "results/csv.h"

/*
 * Fill in the forms, from a folder of that kind or (experiment) several. Return 0, or -errno:
 * with explanation->why, or else *error saying where, if it is a file's fault.
 */
int explain_experiment(struct pool *pool, struct explanation *explanation,
		       struct csv_error *error);
int explain_trace(const struct folder *folder, struct explanation *explanation,
		  struct csv_error *error);
int explain_labs(const struct folder *folder, struct explanation *explanation,
		 struct csv_error *error);
int explain_prices(const struct folder *folder, struct explanation *explanation,
		   struct csv_error *error);

/*
 * Append what was observed of an experiment in its valid runs and beside them, without the
 * warm-up. Returns 0 or -ENOMEM.
 */
int explain_observed(const struct run_files *files, const char *experiment,
		     struct observations *out);

/* The CSV: rows of the table, which are copied. Returns 0 or -ENOMEM. */
int explanation__rows(struct explanation *explanation, const struct table *table,
		      const void *rows, size_t count);

/* Say what is wrong with that folder, -errno err or what *error says; returns err. */
int explanation__fail(struct explanation *explanation, const struct folder *folder,
		      const struct csv_error *error, int err);

#endif
