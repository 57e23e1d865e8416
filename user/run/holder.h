/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holder - hears the tracer's news, and holds at once whoever has executed something or copied
 * itself, from a thread of its own that comes
 * before others: looking for one's lock may take longer than the other lives.
 */
#ifndef SWITCHTAX_HOLDER_H
#define SWITCHTAX_HOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "program/hold.h"
#include "tracer/tracer.h"

struct holder;

/* Something new; of an exec or a fork the process may stand still, until holder__done(). */
struct holder_item {
	struct news news;
	struct hold hold;
	bool tried;			/* to hold it: it is young enough */
	uint64_t began_ns;		/* by our own clock */
	struct holder_item *next;
};

/*
 * Take over the news of a tracer that is attached; nobody else asks for them then. follows: the
 * first process is seen to by somebody else, as long as that says so. *out is NULL on error.
 * Returns 0 or -errno.
 */
int holder__start(struct holder **out, struct tracer *tracer, const bool *follows);

/* Readable when there is something; then call holder__next() until it returns NULL. */
int holder__fd(const struct holder *holder);
struct holder_item *holder__next(struct holder *holder);

/* Does its process stand still? Waits for it, for a moment. */
bool holder__stands(struct holder_item *item);

/* Let it go. Returns for how long it may have stood still, ns. */
uint64_t holder__done(struct holder *holder, struct holder_item *item);

/* Let all go, and hear nothing more. Accepts NULL. */
void holder__stop(struct holder *holder);

#endif
