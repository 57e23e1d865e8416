/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * environment - under what conditions a result was measured, as environment.json.
 *
 * Unknown is null, never 0 and never "". Whole numbers are written digit by digit, so no
 * reader sees 1e+15. The seed is a string, because many JSON readers keep numbers as
 * doubles and lose digits above 2^53, and a seed without its last digit repeats nothing.
 * Bytes that are no UTF-8 become '?', one for one, as in the CSV files.
 */
#ifndef SWITCHTAX_ENVIRONMENT_H
#define SWITCHTAX_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "machine/machine.h"

#define ENVIRONMENT_SCHEMA_VERSION 1

struct environment_parameter {
	const char *name;
	const char *value;		/* written as a string, as given; NULL: null */
};

/* One more text, in an object of that name. */
struct environment_note {
	const char *object;
	const char *name;
	const char *value;
};

/* All strings are borrowed. */
struct environment {
	const char *version;		/* of switchtax */
	time_t started;			/* seconds since the epoch */
	int argc;
	char *const *argv;
	const char *experiment;
	const struct environment_parameter *parameters;
	size_t nparameters;
	uint64_t seed;
	const struct machine *machine;	/* NULL: null */
	bool bpf;			/* were runs traced? */
	const char *bpf_reason;		/* why not; ignored if bpf is set */
	const char *stop_reason;	/* why no more blocks were run; NULL: null */
	const struct environment_note *notes;
	size_t nnotes;
};

/*
 * The whole file, ended by a newline, to be freed by the caller. Adds what the process
 * itself knows: versions of the libraries and the compiler, and who runs it. NULL: no memory.
 */
char *environment__json(const struct environment *environment);

#endif
