/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trials - what verdicts are made of, from runs just made or from their rows.
 */
#ifndef SWITCHTAX_TRIALS_H
#define SWITCHTAX_TRIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/ledger.h"
#include "results/rows.h"
#include "symbols/sample_kind.h"

struct run;

/* The part of a run that verdicts are made of. */
struct trial {
	char run_id[ROWS_NAME_SIZE];
	char arm[ROWS_NAME_SIZE];
	char of[ROWS_NAME_SIZE];	/* the arm that it is at another switch interval; "": none */
	uint64_t interval_us;		/* that one; 0 if there is none */
	uint64_t block;
	size_t stratum;			/* the machine that it comes from, from 0 */
	bool traced;
	bool valid;
	bool late;			/* its lock was watched too late: no states */
	bool has_lock;
	double wall_ms;
	double cpu_ms;			/* user and system time; NAN: not known */
	double lock_ms[LOCK_STATES];
	bool sampled;			/* lock_ms[HELD_RUNNING] is split: */
	double running_ms[SAMPLE_KINDS];
	double handoffs;		/* NAN: not known, here and below */
	double acquisitions;
	double switches;
	double faults;
	double max_rss_mb;
	double other_cpu_ms;
	double throttled_ms;		/* its threads, or else its groups, had no CPU quota left */
	double lock_operation_ns;	/* prices of its experiment; 0: as the verdict's */
	double switch_ns;
	bool disturbed;			/* marked: somebody else had too much of the CPUs */
};

struct trials {
	struct trial *items;
	size_t count;
};

/*
 * Of a run's row and what is not in it: the lock's states (NULL: it has none), and what
 * HELD_RUNNING is split into (NULL: that is not known).
 */
struct trial trial__make(const struct run_row *row, const uint64_t lock_ns[LOCK_STATES],
			 const uint64_t running_ns[SAMPLE_KINDS]);

/* Append a copy. Returns 0 or -ENOMEM. trials__free() frees what trials holds. */
int trials__add(struct trials *trials, const struct trial *trial);

/* Append what a run just made shows, its lock included. Returns 0 or -ENOMEM. */
int trials__add_run(struct trials *trials, const struct run *run);
void trials__free(struct trials *trials);

#endif
