/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outputs - what measured programs print, kept out of the report: a file each for
 * stdout and stderr of every run, in programs/ of the results folder. What stayed empty
 * is removed, so that a thousand silent runs leave nothing.
 */
#ifndef SWITCHTAX_OUTPUTS_H
#define SWITCHTAX_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "results/folder.h"

#define OUTPUTS_FOLDER "programs"

enum { OUTPUTS_STDOUT, OUTPUTS_STDERR, OUTPUTS_STREAMS };

struct outputs {
	const struct results *results;	/* borrowed */
	int dirfd;			/* of programs/ */
	int null_fd;			/* /dev/null, for stdin */
	int fds[OUTPUTS_STREAMS];	/* of the present run; -1: none */
	char names[OUTPUTS_STREAMS][96];
	char why[PATH_MAX + 256];	/* the last error, for people */
};

/* Make programs/. Returns 0 or -errno, see outputs->why. */
int outputs__open(struct outputs *outputs, const struct results *results);

/* A run begins: two new files. Returns 0 or -errno, see outputs->why. */
int outputs__begin(struct outputs *outputs, const char *run_id);

/* The end of what it said on stderr, in one printable line. */
void outputs__tail(const struct outputs *outputs, char *text, size_t size);

/* The run has ended; keep false: as if it had never been. */
void outputs__end(struct outputs *outputs, bool keep);

/* Removes programs/ if it is empty. Accepts one that was never opened, if results is NULL. */
void outputs__close(struct outputs *outputs);

#endif
