/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * switch_interval - sets CPython's switch interval from outside, script unedited.
 *
 * At its start CPython imports `sitecustomize` if sys.path has one. We put one in front:
 * a zip archive in a memfd, named as /proc/self/fd/N in PYTHONPATH. So no file is left
 * behind whatever kills us, and a program of another user can read it. It sets the
 * interval, removes every trace of itself, runs the sitecustomize it stood before, and
 * acknowledges. Without an acknowledgement (-I, -E or -S, or no CPython) the interval was
 * not set, and whoever asked must say so.
 */
#ifndef SWITCHTAX_SWITCH_INTERVAL_H
#define SWITCHTAX_SWITCH_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

#define SWITCH_INTERVAL_MAX_US 10000000

struct switch_interval {
	uint64_t us;
	int fd;			/* for target_config.inherit_fd; close-on-exec here */
	char *environment[2];	/* for target_config.environment */
};

/* Returns 0 or -errno; nothing is to be closed then. */
int switch_interval__open(struct switch_interval *interval, uint64_t us);

/* Forget the acknowledgement: before each run. Returns 0 or -errno. */
int switch_interval__forget(struct switch_interval *interval);

/* Was the interval set since then? */
bool switch_interval__acknowledged(const struct switch_interval *interval);

/* Accepts one that was never opened, if it was zeroed. */
void switch_interval__close(struct switch_interval *interval);

#endif
