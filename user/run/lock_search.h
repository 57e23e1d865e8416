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
#include "run/finds.h"
#include "symbols/modules.h"
#include "tracer/tracer.h"

struct lock_search {
	struct tracer *tracer;
	struct lock_wish wish;
	bool found;
	struct lock_sites sites;	/* of the locks that were found last, if found */
	struct finds finds;		/* of all */
	int err;			/* of the last search that found nothing, or */
	char why[LOCK_SITES_WHY_SIZE];	/* of what must end the run: the user's names */
	uint64_t stopped_ns;		/* the program was stopped for us */
	struct modules modules;		/* what it had mapped when we last looked */
	bool has_modules;
	uint64_t looked_ns;
};

/* Begin; strings are borrowed. */
void lock_search__init(struct lock_search *search, struct tracer *tracer,
		       const struct lock_wish *wish);
void lock_search__free(struct lock_search *search);

/* Deal with all news that there is. To be called when tracer__news_fd() is readable. */
void lock_search__on_news(struct lock_search *search);

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
