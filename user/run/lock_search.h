/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lock_search - answers the tracer's news of a run of any program: finds its lock when it
 * has executed something, has the lock watched, and lets the program go on.
 */
#ifndef SWITCHTAX_LOCK_SEARCH_H
#define SWITCHTAX_LOCK_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lock/site.h"
#include "program/hold.h"
#include "run/finds.h"
#include "run/holder.h"
#include "run/misses.h"
#include "symbols/modules.h"
#include "tracer/tracer.h"

/* Libraries may come later, by dlopen(): look again, but not all the time. */
#define LOCK_SEARCH_AGAIN_NS 500000000ULL

struct lock_search {
	struct tracer *tracer;
	struct lock_wish wish;
	bool found;
	struct lock_sites sites;	/* of the locks that were found last, if found */
	struct finds finds;		/* of all */
	int err;			/* of the last search that found nothing, or */
	char why[LOCK_SITES_WHY_SIZE];	/* of what must end the run: the user's names */
	struct misses misses;		/* what is in no ledger */
	bool breaks_unwinding;		/* no exception gets through a function that is probed */
	struct holder *holder;		/* NULL: nobody is held when it executes something */
	struct hold first;		/* of a program of ours, from its start until it has a lock */
	uint64_t held_since_ns;		/* by our own clock */
	uint64_t held_ns;		/* how long processes were held, at most */
	struct modules modules;		/* what it had mapped when we last looked */
	bool has_modules;
	uint64_t looked_ns;
};

/* Begin; strings are borrowed. */
void lock_search__init(struct lock_search *search, struct tracer *tracer,
		       const struct lock_wish *wish);
void lock_search__free(struct lock_search *search);

/*
 * A child of ours that is about to execute its program stands still then, if that can be; when it
 * has, its lock is looked for; and it is let go.
 */
void lock_search__before_exec(struct lock_search *search, pid_t pid);
void lock_search__after_exec(struct lock_search *search, pid_t pid);
void lock_search__let_go(struct lock_search *search);

/* Look for the lock of that child, if it stands still; not if its exec has come to nothing. */
void lock_search__look_at_first(struct lock_search *search, struct tracer_lock *lock);

/* It is not held any more, in whatever state it is. */
void lock_search__end_first(struct lock_search *search);

/*
 * Find a process's lock, and watch it; or watch at sites that are known. hold: it stands still, and may
 * not have been at its lock yet; or NULL. Returns 0 or -errno, why set.
 */
int lock_search__find_and_watch(struct lock_search *search, struct tracer_lock *lock,
				const struct hold *hold);
int lock_search__watch(struct lock_search *search, const struct lock_sites *sites,
		       const struct tracer_lock *lock);

/* The program has ended: nobody is followed any more. */
void lock_search__stop(struct lock_search *search);

/* The user's functions are there, and cannot be used: there is nothing to go on for. */
bool lock_search__is_in_vain(const struct lock_search *search);

/*
 * Find the lock of a process that runs, and watch it. Returns 0, also if there is none to
 * be found (then found is false and why says so), or -errno, why as above.
 */
int lock_search__in_running(struct lock_search *search, pid_t pid);

/* Remember what the process has mapped, unless that is known well enough. */
void lock_search__look_at_modules(struct lock_search *search, pid_t pid);

/* For runs.csv, of locks that were found so: "cpython-3.11", "big_lock:big_unlock". */
void lock_search__name(const struct lock_search *search, const struct lock_sites *sites,
		       char *name, size_t size);

#endif
