// SPDX-License-Identifier: GPL-2.0-or-later
// Holds two lists of runs against each other, arm by arm.
#include "record/pool_likeness.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* What an arm is run with: the same in all its runs. */
static const char *const parameters[] = { "workers", "objects", "interval_us" };

static bool measured(const struct run_row *row, const char *arm, int traced)
{
	return row->block && row->traced == traced && strcmp(row->arm, arm) == 0;
}

static const struct run_row *find(const struct folder *folder, const char *arm, int traced)
{
	for (size_t i = 0; i < folder->count; i++)
		if (measured(&folder->runs[i].row, arm, traced))
			return &folder->runs[i].row;
	return NULL;
}

/* The lock that was found, in whichever run: not each search of a program finds it. */
static const char *lock_of(const struct folder *folder, const char *arm, int traced)
{
	for (size_t i = 0; i < folder->count; i++)
		if (measured(&folder->runs[i].row, arm, traced) && *folder->runs[i].row.lock)
			return folder->runs[i].row.lock;
	return "none";
}

static bool same_column(const struct run_row *a, const struct run_row *b, const char *name,
			char *what, size_t size)
{
	const struct column *column = columns__find(&rows__runs, name);
	char x[2 * ROWS_CPUS_SIZE], y[2 * ROWS_CPUS_SIZE];

	columns__format(column, a, x);
	columns__format(column, b, y);
	if (strcmp(x, y) == 0)
		return true;
	snprintf(what, size, "%s of the arm %.64s: %.64s and %.64s", name, a->arm,
		 *x ? x : "none", *y ? y : "none");
	return false;
}

static bool same_lock(const struct folder *a, const struct folder *b, const struct run_row *row,
		      char *what, size_t size)
{
	const char *x = lock_of(a, row->arm, row->traced), *y = lock_of(b, row->arm, row->traced);

	if (strcmp(x, y) == 0)
		return true;
	snprintf(what, size, "lock of the arm %.64s: %.64s and %.64s", row->arm, x, y);
	return false;
}

/* Every arm of a is in b, and alike. */
static bool arms_alike(const struct folder *a, const struct folder *b, bool one_machine,
		       char *what, size_t size)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct run_row *row = &a->runs[i].row, *partner;

		if (find(a, row->arm, row->traced) != row)
			continue;
		partner = find(b, row->arm, row->traced);
		if (!partner) {
			snprintf(what, size, "%s has %s runs of the arm %.64s, %s has none",
				 a->path, row->traced ? "traced" : "untraced", row->arm, b->path);
			return false;
		}
		for (size_t p = 0; p < LENGTH(parameters); p++)
			if (!same_column(row, partner, parameters[p], what, size))
				return false;
		if (!same_lock(a, b, row, what, size) ||
		    (one_machine && !same_column(row, partner, "cpus", what, size)))
			return false;
	}
	return true;
}

/* Of compare: the two command lines, and as whom they ran. */
static bool programs_alike(const struct folder *a, const struct folder *b, char *what,
			   size_t size)
{
	static const char *const keys[] = { "base", "other", "as_root" };

	for (size_t i = 0; i < LENGTH(keys); i++) {
		const char *x = environment_file__text(&a->environment, "parameters", keys[i]);
		const char *y = environment_file__text(&b->environment, "parameters", keys[i]);

		if (!x || !y || strcmp(x, y) == 0)
			continue;
		snprintf(what, size, "%s: '%.100s' and '%.100s'", keys[i], x, y);
		return false;
	}
	return true;
}

bool pool_likeness__alike(const struct folder *a, const struct folder *b, bool one_machine,
			  char *what, size_t size)
{
	const char *x = a->runs[0].row.experiment, *y = b->runs[0].row.experiment;

	if (a->kind != b->kind || strcmp(x, y)) {
		snprintf(what, size, "experiment: %.64s%s and %.64s%s",
			 x, a->kind == FOLDER_LABS ? " of the lab sheet" : "",
			 y, b->kind == FOLDER_LABS ? " of the lab sheet" : "");
		return false;
	}
	return programs_alike(a, b, what, size) && arms_alike(a, b, one_machine, what, size) &&
	       arms_alike(b, a, one_machine, what, size);
}
