/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lock_news - what the tracer's news of processes mean for the search for their locks.
 */
#ifndef SWITCHTAX_LOCK_NEWS_H
#define SWITCHTAX_LOCK_NEWS_H

#include "run/lock_search.h"

/* The tracer is attached: hear its news from here on. Returns 0 or -errno. */
int lock_news__listen(struct lock_search *search);

/* Readable when there is something for lock_news__deal(). */
int lock_news__fd(const struct lock_search *search);

/* Deal with all news that there is. To be called when the above is readable. */
void lock_news__deal(struct lock_search *search);

/* Follow the first program no longer than it takes. To be called now and then. */
void lock_news__on_tick(struct lock_search *search);

#endif
