/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who counts in an experiment: a counting scheme, or plain counts under one lock of lock.h.
 *
 * Each count operation is one step in lock.h's sense. A lock that is taken around every step is
 * taken around every operation; CPython's is kept over many, and let go when somebody asks.
 */
#ifndef SWITCHTAX_COUNTER_H
#define SWITCHTAX_COUNTER_H

#include <argp.h>

#include "counting/count.h"
#include "locks/lock.h"

struct counter {
	const struct count_scheme *scheme;
	const struct lock_kind *kind;	/* NULL: no lock of lock.h */
	struct lock *lock;		/* while open; NULL without a kind */
};

/* The scheme's name, or the lock's. */
const char *counter_name(const struct counter *counter);

/* For --scheme and --lock: an unknown name ends the program with a message, exit status 2. */
void counter_take_scheme(struct counter *counter, struct argp_state *state, const char *name);
void counter_take_lock(struct counter *counter, struct argp_state *state, const char *name);

/* Makes the lock, if there is one, with that switch interval. 0 or -errno. */
int counter_open(struct counter *counter, uint64_t interval_ns);
void counter_close(struct counter *counter);

/* The lock's page for the tracer; NULL if there is none. */
const struct announce_lock *counter_page(const struct counter *counter);

/* May a thread be asleep while another counts? Else a thread without a CPU was preempted. */
bool counter_sleeps(const struct counter *counter);

/* Around a stretch of counting, by each thread. */
void counter_begin(struct counter *counter, struct announce_seat *seat);
void counter_end(struct counter *counter, struct announce_seat *seat);

/* One reference more, or less, to each object. */
void counter_incref_each(struct counter *counter, struct announce_seat *seat,
			 struct counted *const *objects, size_t count);
void counter_decref_each(struct counter *counter, struct announce_seat *seat,
			 struct counted *const *objects, size_t count);

#endif
