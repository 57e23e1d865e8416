/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * experiment - runs in blocks: every block holds each arm once, traced and untraced,
 * in random order; the first block is warm-up (measurement model, section 6).
 */
#ifndef SWITCHTAX_EXPERIMENT_H
#define SWITCHTAX_EXPERIMENT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"
#include "tracer.h"
#include "verdict.h"
#include "workload.h"

/* Room for a path and what a run says. */
#define EXPERIMENT_ERROR_SIZE (PATH_MAX + RUN_ERROR_SIZE)

struct experiment_options {
	const char *name;		/* of the experiment and its workload */
	struct workload_parameters parameters;
	const char *arms[VERDICT_MAX_ARMS];
	size_t narms;
	uint64_t blocks;		/* measured blocks; 0: by precision and budget */
	double budget_s;		/* 0: none */
	double precision_percent;	/* half the slowdown's interval, of the slowdown */
	uint64_t seed;			/* of the order of runs, and of the bootstrap */
	const char *cpus;		/* NULL: as we are */
	uint64_t time_limit_s;		/* of one run */
	bool timeline;
	bool quiet;
};

struct experiment {
	struct samples samples;
	double lock_operation_ns;	/* NAN: not measured */
	uint64_t blocks_done;		/* measured ones */
	char stop_reason[128];
	char error[EXPERIMENT_ERROR_SIZE];
};

/*
 * Is there memory for the arms? Returns 0, or -ENOMEM with error naming the number of
 * objects that fits.
 */
int experiment__check_memory(const struct experiment_options *options, char *error, size_t size);

/*
 * Run it; tracer NULL: untraced runs only. Every finished run is recorded at once.
 * Returns 0, -EINTR (interrupted; what was finished is recorded), or the error of the
 * run or file that failed, with experiment->error saying more. End with
 * experiment__free().
 */
int experiment__run(const struct experiment_options *options, struct tracer *tracer,
		    struct record *record, struct experiment *experiment);
void experiment__free(struct experiment *experiment);

#endif
