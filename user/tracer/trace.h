/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace - what one traced run left behind, as plain data.
 *
 * The tracer fills it, the ledger reads it; neither needs to know the other.
 */
#ifndef SWITCHTAX_TRACE_H
#define SWITCHTAX_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "include/abi.h"

struct trace_futex {
	struct futex_wait_key key;
	struct futex_sleeps sleeps;
};

/* A thread that has ended while the run goes on, and leaves its place. All borrowed. */
struct trace_ended {
	const struct thread_record *thread;
	const struct trace_futex *futexes;	/* that it has slept on */
	size_t nfutexes;
	uint64_t start_ns;			/* of the window; UINT64_MAX: not known yet */
	uint64_t end_ns;
};

struct ledger_ended;

struct trace {
	uint64_t start_ns;		/* of the window, CLOCK_MONOTONIC */
	uint64_t end_ns;
	uint64_t cut_ns;		/* of pauses, in which the program stood still for us */
	bool opened;			/* the start marker (or exec) was seen */
	bool closed;			/* the end marker was seen, or the loader closed it */
	struct lock_record *locks;	/* nlocks; a place of index 0 is nobody's, but see others */
	size_t nlocks;
	uint32_t streamed_lock;		/* index of the one that a timeline shows; 0: none */
	struct lock_record others;	/* all that found no place: sums only */
	struct watched_process *watched;	/* nwatched; the first is lock_record.watched 1 */
	size_t nwatched;
	struct thread_record *threads;	/* a copy, nthreads long, by places; number 0: of nobody */
	size_t nthreads;
	const struct ledger_ended *ended;	/* threads that have left, borrowed; or NULL */
	bool every_thread;		/* is to be told from the others: there is a timeline */
	struct trace_futex *futexes;	/* in no order */
	size_t nfutexes;
	struct futex_sleeps futex_others;	/* that found no room of their own */
	uint64_t histogram[HISTOGRAMS][HISTOGRAM_BUCKETS];	/* summed over CPUs */
	uint64_t arrivals_unseen;	/* switches in that the kernel did not report */
	uint64_t losses[LOSSES];
	uint64_t sample_losses[SAMPLE_LOSSES];	/* these do no harm to the accounts */
	uint64_t missed_programs;	/* runs that the kernel skipped (recursion) */
	uint64_t bpf_ns;		/* UINT64_MAX unless kernel.bpf_stats_enabled */
};

/* Frees what trace holds, not trace itself. */
static inline void trace__free(struct trace *trace)
{
	free(trace->threads);
	free(trace->futexes);
	free(trace->locks);
	free(trace->watched);
	trace->locks = NULL;
	trace->watched = NULL;
	trace->threads = NULL;
	trace->futexes = NULL;
	trace->nthreads = 0;
	trace->nfutexes = 0;
	trace->nlocks = 0;
	trace->nwatched = 0;
}

#endif
