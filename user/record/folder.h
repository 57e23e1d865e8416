/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder - a results folder, opened for reading, with its list of runs checked.
 *
 * What explains a result must not trust it: every row has to be one that an experiment could
 * have written, and all files have to speak of the same runs.
 */
#ifndef SWITCHTAX_FOLDER_H
#define SWITCHTAX_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "machine/environment_file.h"
#include "base/exits.h"
#include "ledger/ledger.h"
#include "results/rows.h"
#include "symbols/sample_kind.h"

#define FOLDER_WHY_SIZE 1024
#define FOLDER_MAX_BLOCK 100000

enum folder_kind {
	FOLDER_SLOWDOWN,	/* the headline experiment */
	FOLDER_COMPARE,
	FOLDER_TRACE,		/* or attach: one run */
	FOLDER_LABS,		/* one experiment of the lab sheet, or several */
	FOLDER_CALIBRATE,
};

struct folder_run {
	struct run_row row;
	size_t line;			/* of runs.csv */
	unsigned int states;		/* of the lock's that ledger.csv has, a bit each */
	uint64_t lock_ns[LOCK_STATES];	/* of the first lock */
	bool many_locks;		/* there are more */
	uint64_t lock_window_ns;	/* its own, as locks.csv has it; 0: not known */
	uint64_t unseen_ns;		/* of its process's time, before that */
	bool sampled;			/* lock_ns[HELD_RUNNING] is split: */
	uint64_t running_ns[SAMPLE_KINDS];
};

struct folder {
	const char *path;		/* as given; borrowed */
	int dirfd;
	dev_t device;			/* of the folder itself */
	ino_t inode;
	enum folder_kind kind;
	struct folder_run *runs;	/* as in the file; at least one */
	size_t count;
	size_t *by_id;			/* their indexes in the order of run_id */
	struct environment_file environment;
	char warning[FOLDER_WHY_SIZE];	/* not "": something to be said, no error */
};

/*
 * Open and check the folder that at is open for, whatever has its path now; at -1: that path.
 * EXIT_MEASURED, EXIT_USAGE (there is no such folder, or it is none of results) or EXIT_NOT_VALID
 * (its files cannot be used); why then says what is wrong where, and what can be done, in one
 * line. End with folder__close() in every case.
 */
enum exit_status folder__open(struct folder *folder, int at, const char *path,
			      char why[FOLDER_WHY_SIZE]);
void folder__close(struct folder *folder);

/* The index of the run of that run_id; folder->count: there is none. */
size_t folder__find(const struct folder *folder, const char *run_id);

/* Is there such a file (not a folder) in it? */
bool folder__has(const struct folder *folder, const char *name);

/* "DIR" as people wrote it, without slashes at its end. */
void folder__name(const struct folder *folder, char *name, size_t size);

#endif
