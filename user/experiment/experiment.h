/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * experiment - a few arms in blocks until the slowdown between two of them is known: what `run`
 * and `compare` make.
 *
 * What the arms are is the caller's business: a plan describes them.
 */
#ifndef SWITCHTAX_EXPERIMENT_H
#define SWITCHTAX_EXPERIMENT_H

#include <stddef.h>

#include "experiment/plan.h"
#include "verdict/verdict.h"

/* All that an experiment needs to know. */
struct experiment_plan {
	/* The caller's part: options, narms, outputs, lock, symbolizer, python_frames. */
	struct experiment_blocks blocks;
	struct plan_arm arms[VERDICT_MAX_ARMS];
	struct verdict_question question;
	/*
	 * What is measured once, before all runs; NULL: nothing. Returns 0, -EINTR or -errno with
	 * why set; what it is, for people.
	 */
	int (*before)(void *arg, char *why, size_t size);
	void *before_arg;
	const char *before_what;
};

/*
 * Run it; tracer NULL: untraced runs only. Returns as experiment_blocks__run(), with *end saying
 * more. What the runs have shown is in their record.
 */
int experiment__run(const struct experiment_plan *plan, struct tracer *tracer,
		    struct record *record, struct experiment_end *end);

#endif
