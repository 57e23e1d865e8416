/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timeline_unpack - the records of a timeline, one after the other, back into what they say. */
#ifndef SWITCHTAX_TIMELINE_UNPACK_H
#define SWITCHTAX_TIMELINE_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "timeline/events.h"
#include "timeline/format.h"

struct timeline_unpack {
	struct timeline *timeline;	/* being filled; numbers of threads are slots still */
	bool begun;
	bool summed;
	bool ended;			/* the last record has been read */
	const char *what;		/* is wrong, after an error */
	struct timeline_lock_event end;	/* of the lock: kind TIMELINE_RELEASE, from 0: none */
	uint32_t lost[TIMELINE_MAX_SLOT + 1];	/* told of, before the next stretch */
	uint64_t on_ns[TIMELINE_MAX_SLOT + 1];
	uint32_t cpu[TIMELINE_MAX_SLOT + 1];
	uint32_t arrived;		/* slot of the last stretch */
	uint32_t taker;			/* slot of who took the lock last */
};

/*
 * Take the next record from [*at, end) and move *at behind it. Returns 0, -ENODATA (it is
 * not there in full), -EBADMSG (see what), or -ENOMEM.
 */
int timeline_unpack__next(struct timeline_unpack *unpack, const uint8_t **at,
			  const uint8_t *end);

#endif
