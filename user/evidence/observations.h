/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observations - what the runs of a lab have shown, as a judge looks at it.
 *
 * One observation is one number from one run: either what the workload printed of itself
 * ("obs METRIC VARIANT VALUE UNIT", workloads/kit/evidence.h) or what the kernel and the tracer
 * know of the run (observations__of_run()). Invalid runs have none.
 */
#ifndef SWITCHTAX_OBSERVATIONS_H
#define SWITCHTAX_OBSERVATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/rows.h"
#include "run/run.h"
#include "base/stats.h"

struct observation {
	struct observation_row row;
	bool traced;		/* from a traced run */
	bool derived;		/* not the workload's own: it is in the other CSV files */
};

struct observations {
	struct observation *items;
	size_t count;
};

/* Which observations; NULL: any. */
struct observation_key {
	const char *arm;
	const char *metric;
	const char *variant;
};

/* Append a copy. Returns 0 or -ENOMEM. observations__free() frees what it holds. */
int observations__add(struct observations *observations, const struct observation *observation);
void observations__free(struct observations *observations);

/*
 * For tests, and for what is computed from others: add one number. The unit is left empty.
 * Returns 0 or -ENOMEM.
 */
int observations__put(struct observations *observations, const char *arm, uint64_t block,
		      const char *metric, const char *variant, double value);

/*
 * Append the "obs" lines of a workload's output; other lines are skipped. Returns 0, -ENOMEM,
 * or -EBADMSG if an "obs" line is none.
 */
int observations__parse(struct observations *observations, const char *text,
			const struct run *run);

/*
 * Append what the kernel and the tracer know of a run, variant "-" unless said otherwise:
 *   run_wall_ns, run_user_ns, run_sys_ns, run_switches_voluntary, run_switches_involuntary,
 *   run_handoffs, run_acquisitions, run_max_rss_bytes, run_steal_ns, run_other_cpu_ns
 *   and of traced runs:
 *   lock_ns (variant: state of the lock ledger), switches_seen and switches_kernel (sums over
 *   all threads), thread_cpu_ns, thread_ready_ns (variant: the thread's name; one per thread),
 *   histogram_NAME (variant: low_ns of the bucket; only buckets that are not empty)
 * Returns 0 or -ENOMEM.
 */
int observations__of_run(struct observations *observations, const struct run *run);

/* The values of a key in the order in which they were made; at most max. Returns how many. */
size_t observations__values(const struct observations *observations,
			    const struct observation_key *key, double *values, size_t max);

/* Number, sum, least and greatest of a key's values; NAN where there is none. */
size_t observations__count(const struct observations *observations,
			   const struct observation_key *key);
double observations__sum(const struct observations *observations,
			 const struct observation_key *key);
double observations__min(const struct observations *observations,
			 const struct observation_key *key);
double observations__max(const struct observations *observations,
			 const struct observation_key *key);

/*
 * Median and interval over blocks; several values in one block count by their median.
 * Block 0 is the warm-up of a lab that has one, and is left out there by the lab's engine.
 * Returns 0, -ENODATA (the interval is then empty, n == 0) or -ENOMEM.
 */
int observations__median(const struct observations *observations,
			 const struct observation_key *key, struct interval *out);

/* The same of a / b and of a - b, pair by pair: pairs are formed inside a block. */
int observations__ratio(const struct observations *observations, const struct observation_key *a,
			const struct observation_key *b, struct interval *out);
int observations__difference(const struct observations *observations,
			     const struct observation_key *a, const struct observation_key *b,
			     struct interval *out);

#endif
