/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timeline_pack - events and accounts as the records of a timeline, byte by byte. */
#ifndef SWITCHTAX_TIMELINE_PACK_H
#define SWITCHTAX_TIMELINE_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "ledger/ledger.h"
#include "timeline/format.h"
#include "tracer/trace.h"

/* What the times in records are relative to. */
struct timeline_pack {
	uint64_t base_ns;		/* of the file */
	uint64_t on_ns[MAX_THREADS];	/* the thread's last arrival on a CPU; 0: none yet */
	uint32_t cpu[MAX_THREADS];	/* ... and on which + 1; 0: not known */
	uint32_t arrived;		/* the thread of the last stretch */
	uint32_t taker;			/* who took the lock last */
};

/*
 * Each writes one record to @to, which has room for TIMELINE_RECORD_SIZE bytes, and returns
 * its length. An event that is none of ours gives 0 bytes.
 */
size_t timeline_pack__begin(struct timeline_pack *pack, const char *run_id, uint64_t base_ns,
			    uint8_t *to);
size_t timeline_pack__event(struct timeline_pack *pack, const void *event, size_t size,
			    uint8_t *to);
size_t timeline_pack__thread(const struct timeline_pack *pack, const struct trace *trace,
			     const struct thread_record *thread, uint8_t *to);
size_t timeline_pack__summary(const struct timeline_pack *pack, const struct trace *trace,
			      const struct ledger *ledger, uint8_t *to);

#endif
