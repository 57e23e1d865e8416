/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session - one run under way: what drive.c, which leads it through its life, and
 * accounts.c, which settles what it leaves, share. Nobody else needs it.
 */
#ifndef SWITCHTAX_RUN_SESSION_H
#define SWITCHTAX_RUN_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/ledger.h"
#include "run/lock_search.h"
#include "run/owners.h"
#include "run/quota.h"
#include "machine/machine.h"
#include "run/run.h"
#include "program/target.h"
#include "tracer/tracer.h"

struct run_session {
	struct tracer *tracer;		/* NULL: untraced */
	const struct run_spec *spec;
	struct run *run;
	struct target target;
	struct lock_search search;	/* of a traced program that is not ours */
	int out_fd;			/* captured stdout and stderr of our own workloads */
	int err_fd;
	struct machine_times before;	/* when it was let go, and reaped */
	struct machine_times after;
	uint64_t went_ns;		/* let go, and reaped, by our own clock */
	uint64_t reaped_ns;
	uint64_t opened_ns;		/* the window is open, and closed, since before; 0: not known */
	uint64_t closed_ns;
	uint64_t went_cut_ns;		/* what pauses had cut by then */
	uint64_t opened_cut_ns;
	struct quota_watch quota;	/* of its control groups */
	bool enough;			/* the onlooker has seen enough */
	struct owners owners;		/* of what was slept on when the watching ended */
	struct ledger_bounds bounds;	/* of the window, by the workload's own clock */
};

/* Put into run->error what could not be done. Returns err. */
int run_session__fail(struct run *run, int err, const char *what);

/* Is the running holder sampled? */
bool run_session__samples(const struct run_session *session);

/* The same of the run's timeline, whose file that is. Returns err. */
int run_session__fail_timeline(const struct run_session *session, int err);

/* Is it traced, and a program that knows nothing of us? */
bool run_session__searches(const struct run_session *session);

/* Are its events streamed? */
bool run_session__streams(const struct run_session *session);

/* Begin the file of its timeline, if one is wanted. Returns 0 or -errno, the run's error set. */
int run_session__open_timeline(struct run_session *session);

/* Fetch what has been streamed, and sampled, so far. */
void run_session__drain(struct run_session *session);
void run_session__drain_samples(struct run_session *session);

/* What target__wait() is to look at while the program runs. */
struct target_watch run_session__watch(struct run_session *session);

#endif
