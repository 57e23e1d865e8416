/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run - one run of one program, traced or not: what is asked for, and what became of it.
 */
#ifndef SWITCHTAX_RUN_H
#define SWITCHTAX_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/ended.h"
#include "ledger/futexes.h"
#include "ledger/ledger.h"
#include "lock/site.h"
#include "results/folder.h"
#include "results/rows.h"
#include "run/finds.h"
#include "run/samples.h"
#include "program/target.h"
#include "timeline/writer.h"
#include "tracer/tracer.h"

#define RUN_ERROR_SIZE 512

struct run;

/* Somebody who looks on while a process is watched. */
struct run_onlooker {
	int every_ms;
	int keys_fd;		/* and at once when this is readable; gone: the watching ends */
	/*
	 * The run has its lock's name, and how the lock is known or why not, as far as that has
	 * come; for figures: tracer__peek(). False: has seen enough.
	 */
	bool (*look)(struct tracer *tracer, const struct run *run, void *arg);
	void *arg;
};

/* What to run, and how. Strings are borrowed. */
struct run_spec {
	struct target_config target;
	const char *announcer;		/* file with the probe site; NULL: any program */
	struct lock_wish lock;		/* what to look for, if it does not announce it */
	bool own_workload;		/* stdout is a report of ours (workload.h) */
	bool keep_interrupted;		/* settle what an interrupted run has done so far */
	bool keep_handoffs;		/* in run->handoffs */
	const struct results *timeline;	/* folder for a RUN_ID.timeline; NULL: none is made */
	bool births;			/* as in struct tracer_run */
	struct symbolizer *symbolizer;	/* sample the holder, and name it by this; NULL: do not */
	bool python_frames;		/* ask Pythons to name their functions for us */
	uint64_t timeout_ms;		/* 0: none */
	int tick_ms;			/* for progress; 0: none */
	void (*on_tick)(void *arg);
	void *tick_arg;
	const struct run_onlooker *onlooker;	/* of run__attach(); NULL: nobody */
};

struct run_handoffs {
	struct handoff_event *events;
	size_t count;
	uint64_t dropped;		/* for want of memory */
};

/* What became of the search for the locks of a program that announces none. */
struct run_lock {
	bool found;
	struct lock_sites sites;	/* if found: of the one that cost most */
	char why[LOCK_SITES_WHY_SIZE];	/* not, or not that of another program; "": there is none */
};

struct run {
	struct run_row row;		/* as for runs.csv; the caller has filled in who it is */
	bool traced;
	struct ledger_ended ended;	/* threads that have left their places so far */
	struct ledger ledger;		/* empty unless traced */
	uint64_t histogram[HISTOGRAMS][HISTOGRAM_BUCKETS];
	uint64_t start_ns;		/* of the window */
	uint64_t pairs;			/* of lockcost */
	struct run_handoffs handoffs;
	struct run_samples samples;
	struct timeline_writer *timeline;	/* written, not yet under its name; or NULL */
	struct run_lock lock;
	struct finds finds;		/* of all locks; empty if the run is read from files */
	struct futexes futexes;		/* that it slept on */
	char *output;			/* a workload of ours: all it has printed; else NULL */
	char error[RUN_ERROR_SIZE];	/* what went wrong and what to do */
};

/* How a lock of the run was found. NULL: it is announced, or that is not known. */
const struct lock_sites *run__sites_of(const struct run *run, const struct ledger_lock *lock);

/* May be called twice. A timeline that has not been given its name is removed. */
void run__free(struct run *run);

#endif
