/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_machines - where a verdict comes from several machines: what each shows by itself. */
#ifndef SWITCHTAX_REPORT_MACHINES_H
#define SWITCHTAX_REPORT_MACHINES_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/stats.h"

struct report_machine {
	const char *label;		/* in printable ASCII; borrowed */
	size_t folders;
	uint64_t blocks;
	struct interval slowdown;	/* n == 0: no valid pair */
	struct interval excess_ms;
	struct interval switching;	/* share of the excess; n == 0: none is given */
};

struct report_machines {
	struct report_machine *items;
	size_t count;
};

/* Do the slowdown's intervals of two machines lie apart? */
bool report_machines__differ(const struct report_machines *machines);

/* A section of the report, and a member "machines" of the JSON. NULL: nothing. */
void report_machines__text(FILE *out, const struct report_machines *machines);
void report_machines__add(cJSON *root, const struct report_machines *machines);

#endif
