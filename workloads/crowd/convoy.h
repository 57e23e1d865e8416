/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One I/O thread beside threads that compute, all under one global lock (the convoy that
 * D. Beazley described for CPython's lock, "Understanding the Python GIL", 2010).
 *
 * The I/O thread asks a peer over a socket, lets the lock go, reads the answer, takes the lock,
 * and processes it. The peer stands for the world outside: it knows nothing of the lock.
 */
#ifndef SWITCHTAX_CONVOY_H
#define SWITCHTAX_CONVOY_H

#include <stdint.h>

#include "locks/lock.h"

#define CONVOY_MAX_THREADS 64

struct convoy_config {
	struct lock *lock;
	uint32_t cpu_threads;	/* 0: the I/O thread is alone */
	uint64_t responses;
	uint64_t answer_us;	/* the peer takes as long to answer */
};

/*
 * latency_ns has room for responses values: from the answer's being sent until it has been
 * processed. *steps: what the computing threads got done. Returns 0 or -errno.
 */
int convoy_run(const struct convoy_config *config, uint64_t *latency_ns, uint64_t *steps);

#endif
