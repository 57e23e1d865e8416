/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger - from a trace to amounts that add up, or to the reason why they do not.
 *
 * Pure arithmetic: no files, no kernel. All times in nanoseconds. The states and
 * the identities L1, T1, T2 are those of docs/measurement.md, of its two ledgers.
 */
#ifndef SWITCHTAX_LEDGER_H
#define SWITCHTAX_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracer/trace.h"

#define LEDGER_REASON_SIZE 256
#define LEDGER_LOCK_NAME_SIZE 64

/* Sums may be off by this share of the whole (0.1 %) ... */
#define LEDGER_TOLERANCE 1000
/* ... or by this much, whichever is larger: two clock reads and a probe's own cost. */
#define LEDGER_TOLERANCE_NS 20000

/* More threads of a run than this have no row of their own, but are summed in the last one. */
#define LEDGER_ROWS 4096

struct ledger_thread {
	uint64_t number;			/* of the run, by birth, from 1 */
	uint32_t slot;				/* of its record in the trace, if that has it */
	uint32_t tid;				/* 0: of the others */
	uint64_t threads;			/* 1; of the others, how many they are */
	char comm[COMM_BYTES + 1];
	uint64_t life_ns;			/* inside the window */
	uint64_t ns[THREAD_STATES];
	uint64_t switches[SWITCH_KINDS];	/* counted by us */
	uint64_t kernel[SWITCH_KINDS];		/* the kernel's own, same window */
	uint64_t acquisitions;			/* of the announced lock */
	uint64_t handoffs_in;
	bool seated;				/* has come to a lock */
};

/* One lock: an address in one process. */
struct ledger_lock {
	uint32_t index;				/* of its record; the samples' name for it */
	uint32_t watched;			/* place of its process among the watched; 0: none */
	uint32_t pid;				/* of its process; 0: not known by calls */
	char command[COMM_BYTES];		/* what that was called then; "": not known */
	uint32_t owner_tid;			/* had it when the window closed; 0: nobody */
	uint32_t threads;			/* that came to it; 0: not known */
	uint64_t key;				/* its address, or 0: the only one, or the main one */
	char name[LEDGER_LOCK_NAME_SIZE];	/* "": as the run's lock is called */
	bool whole;				/* watched before its first call, or announced */
	bool folded;				/* many, that found no place: sums only */
	uint64_t window_ns;			/* from when it is known until its process ends */
	uint64_t unseen_ns;			/* of its process's time, before that */
	uint64_t ns[LOCK_STATES];		/* folded: held_running is all time held */
	uint64_t wait_ns;			/* threads slept for it, all of them together */
	uint64_t acquisitions;			/* by the lock's own count, or of calls */
	uint64_t releases;
	uint64_t handoffs;
	uint64_t handoffs_forced;
	uint64_t half_seen;			/* intervals that had begun before the window */
	uint64_t lost_claims;			/* acquisitions timed by the switch (calls.bpf.h) */
};

struct ledger {
	uint64_t window_ns;
	bool has_lock;				/* a lock is known, and was used */
	bool called;				/* known by calls, not announced */
	struct ledger_lock *locks;		/* the one that cost most comes first */
	size_t nlocks;
	uint64_t lock_ns[LOCK_STATES];		/* of the first */
	/* sums over all locks */
	uint64_t acquisitions;
	uint64_t releases;
	uint64_t handoffs;
	uint64_t handoffs_forced;
	uint64_t half_seen;
	uint64_t lost_claims;
	uint64_t open;				/* intervals cut at the window's end */
	uint64_t switches[SWITCH_KINDS];
	uint64_t migrations;
	uint64_t throttled_ns;			/* all threads waited for CPU quota: a part of ready */
	uint64_t events_lost;
	bool valid;
	char reason[LEDGER_REASON_SIZE];	/* "" if valid: the first identity broken */
	struct ledger_thread *threads;		/* rows: those that lived in the window, or most */
	size_t nthreads;
	size_t lived;				/* in all */
};

/* As files and reports name them: held_running, ... and cpu, ready, ... */
const char *ledger__lock_state(enum lock_state state);
const char *ledger__thread_state(enum thread_state state);

/* How long the lock was held in all, ns. */
uint64_t ledger__held_ns(const struct ledger_lock *lock);

/*
 * Is a lock known for nearly all of its process's time (95 %)? If not, what its states say of that
 * time is not decided.
 */
bool ledger__is_seen(uint64_t unseen_ns, uint64_t window_ns);

/* The window's length by another clock, the workload's or ours, read inside and outside of it. */
struct ledger_bounds {
	uint64_t low_ns;	/* 0: not known */
	uint64_t high_ns;	/* UINT64_MAX: not known */
	uint64_t held_ns;	/* at most so much may have been cut out */
};

/*
 * Settle the accounts of one run. Returns 0 (the ledger may still say valid = false)
 * or -ENOMEM. ledger__free() frees what the ledger holds, not the ledger itself.
 */
int ledger__settle(const struct trace *trace, const struct ledger_bounds *bounds,
		   struct ledger *ledger);
void ledger__free(struct ledger *ledger);

#endif
