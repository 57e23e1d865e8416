/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live - what a live view shows: the difference of two ledgers of one run under way, and the
 * whole time up to now.
 *
 * Pure arithmetic: no terminal, no kernel. A ledger of a run under way is settled as if its
 * window closed now (tracer__peek()), so a stretch that is still open counts up to now in
 * the state that it seems to be in. What is known better later is put right then: a hand-off
 * is split when it has happened, a wake-up is known when the thread has a CPU. So a state's
 * time can shrink between two looks. Then it counts as 0 in that stretch, and the same time
 * shows up in another state: as corrected_ns. Time that is in no state is not_seen_ns. Always:
 *
 *	sum of the states + not_seen_ns = length of the stretch + corrected_ns
 */
#ifndef SWITCHTAX_LIVE_H
#define SWITCHTAX_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/ledger.h"

/* How one length of time is split: a lock's states, or (the first four) a thread's. */
struct live_parts {
	uint64_t ns[LOCK_STATES];
	uint64_t not_seen_ns;
	uint64_t corrected_ns;
};

/* One thread that lived in the stretch. */
struct live_thread {
	uint64_t number;			/* who it is; its tid may come back as another's */
	uint32_t tid;
	char comm[COMM_BYTES + 1];	/* as the program has chosen it: not to be trusted */
	uint64_t life_ns;		/* inside of the stretch */
	struct live_parts parts;
	uint64_t switches[SWITCH_KINDS];
	uint64_t handoffs_in;
};

/* A stretch of time. */
struct live_stretch {
	uint64_t ns;
	bool has_lock;			/* it was known during all of the stretch */
	struct live_parts lock;
	uint64_t acquisitions;
	uint64_t handoffs;
	uint64_t handoffs_forced;
	uint64_t switches[SWITCH_KINDS];
	uint64_t events_lost;
	struct live_thread *threads;
	size_t nthreads;
};

/* Two looks at a run, and what is shown of them. Begin with zeros. */
struct live {
	struct ledger before;
	struct ledger now;
	size_t looks;
	bool paused;
	struct live_stretch last;	/* between the two; of the first look: the whole time */
	struct live_stretch whole;	/* since the window opened */
};

/*
 * The stretch between two ledgers of one run; before NULL: since its window opened. Returns 0
 * or -ENOMEM. live__drop() frees what the stretch holds.
 */
int live__between(const struct ledger *before, const struct ledger *now,
		  struct live_stretch *stretch);
void live__drop(struct live_stretch *stretch);

/*
 * A new look, whose ledger is taken over. While paused, what is shown stays as it is; the
 * stretch shown after it begins at the last look of the pause. Returns 0 or -ENOMEM.
 */
int live__look(struct live *live, struct ledger *ledger);
void live__free(struct live *live);

/* A part's share of all of them, what was not seen included: these sum to 1. 0 of nothing. */
double live__share(const struct live_parts *parts, uint64_t part_ns);

/* Events per second; 0 in no time. */
double live__rate(uint64_t count, uint64_t ns);

enum live_sort { LIVE_BY_CPU, LIVE_BY_READY, LIVE_BY_LOCK_WAIT, LIVE_BY_BLOCKED };

/* The threads with most of it first; of those with the same, the oldest first. */
void live__sort(struct live_stretch *stretch, enum live_sort sort);

#endif
