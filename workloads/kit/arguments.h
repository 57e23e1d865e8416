/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the workloads' command lines share: numbers that are checked as they are read. */
#ifndef SWITCHTAX_ARGUMENTS_H
#define SWITCHTAX_ARGUMENTS_H

#include <argp.h>

#include "locks/lock.h"

/*
 * A whole number from low to high; anything else ends the program with a message that names
 * the option and the range, and argp_err_exit_status.
 */
unsigned long long argument_number(struct argp_state *state, const char *name, const char *text,
				   unsigned long long low, unsigned long long high);

/* The value of --interval-us, from 1 us to 10 s, as above; in nanoseconds. */
unsigned long long argument_interval_ns(struct argp_state *state, const char *text);

/* The number of a CPU that this process may use; anything else as above, naming those it may. */
int argument_cpu(struct argp_state *state, const char *name, const char *text);

/* The lock of that name; anything else as above, naming all. */
const struct lock_kind *argument_lock(struct argp_state *state, const char *name,
				      const char *text);

/* The first CPU that this process may use. */
int argument_first_cpu(void);

#endif
