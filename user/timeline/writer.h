/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_writer - the events of one run into RUN_ID.timeline, while the run goes on.
 *
 * Nothing is kept in memory but a compressor's window: what arrives is packed and written.
 */
#ifndef SWITCHTAX_TIMELINE_WRITER_H
#define SWITCHTAX_TIMELINE_WRITER_H

#include <stddef.h>

#include "ledger/ledger.h"
#include "tracer/trace.h"

struct timeline_writer;

/*
 * Create RUN_ID.timeline.partial in @dirfd; base_ns: no event is earlier (tracer__clock_ns()). *out
 * is NULL on error. Returns 0 or -errno.
 */
int timeline_writer__open(struct timeline_writer **out, int dirfd, const char *run_id,
			  uint64_t base_ns);

/* One event of the tracer's stream (include/abi.h). Errors are kept for the end. */
void timeline_writer__event(struct timeline_writer *writer, const void *event, size_t size);

/*
 * The run has ended: write what only now is known, the threads and the sums of the accounts.
 * Returns 0 or -errno, of this or of any write before.
 */
int timeline_writer__finish(struct timeline_writer *writer, const struct trace *trace,
			    const struct ledger *ledger);

/* Let the finished file appear under its name. Returns 0 or -errno. Accepts NULL. */
int timeline_writer__commit(struct timeline_writer *writer);

/* Close; a file that was not committed is removed. Accepts NULL. */
void timeline_writer__free(struct timeline_writer *writer);

#endif
