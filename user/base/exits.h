/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exits - what switchtax's exit status means; docs/switchtax.1, EXIT STATUS. */
#ifndef SWITCHTAX_EXITS_H
#define SWITCHTAX_EXITS_H

enum exit_status {
	EXIT_MEASURED = 0,	/* measured, and valid */
	EXIT_NOT_VALID = 1,	/* ran, but not valid, or a workload failed */
	EXIT_USAGE = 2,
	EXIT_CANNOT_MEASURE = 3,
	EXIT_INTERRUPTED = 130,
};

#endif
