// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rows - what a row of each CSV file holds.
 *
 * The order here is the order in the files and part of the interface. A column that joins
 * later goes to the end and is _ADDED, so that older files can still be read.
 */
#include "results/rows.h"

#define TABLE(file_name, list, row)                                                        \
	{                                                                                  \
		.file = (file_name), .columns = (list),                                    \
		.count = sizeof(list) / sizeof((list)[0]), .row_size = sizeof(row),        \
	}

static const struct column run_columns[] = {
	COLUMN_OF_U64(struct run_row, schema_version),
	COLUMN_OF_TEXT(struct run_row, run_id),
	COLUMN_OF_TEXT(struct run_row, experiment),
	COLUMN_OF_TEXT(struct run_row, arm),
	COLUMN_OF_U64(struct run_row, block),
	COLUMN_OF_U64(struct run_row, order),
	COLUMN_OF_BOOL(struct run_row, traced),
	COLUMN_OF_BOOL(struct run_row, valid),
	COLUMN_OF_TEXT(struct run_row, reason),
	COLUMN_OF_U64(struct run_row, workers),
	COLUMN_OF_U64(struct run_row, objects),
	COLUMN_OF_TEXT(struct run_row, lock),
	COLUMN_OF_U64(struct run_row, interval_us),
	COLUMN_OF_TEXT(struct run_row, cpus),
	COLUMN_OF_U64(struct run_row, seed),
	COLUMN_OF_U64(struct run_row, wall_ns),
	COLUMN_OF_U64(struct run_row, user_ns),
	COLUMN_OF_U64(struct run_row, sys_ns),
	COLUMN_OF_U64(struct run_row, switches_voluntary),
	COLUMN_OF_U64(struct run_row, switches_involuntary),
	COLUMN_OF_U64(struct run_row, migrations),
	COLUMN_OF_U64(struct run_row, handoffs),
	COLUMN_OF_U64(struct run_row, handoffs_forced),
	COLUMN_OF_U64(struct run_row, faults_minor),
	COLUMN_OF_U64(struct run_row, faults_major),
	COLUMN_OF_U64(struct run_row, max_rss_bytes),
	COLUMN_OF_U64(struct run_row, steal_ns),
	COLUMN_OF_U64(struct run_row, events_lost),
	COLUMN_OF_I64(struct run_row, exit_status),
	COLUMN_OF_U64_ADDED(struct run_row, other_cpu_ns),
	COLUMN_OF_U64_ADDED(struct run_row, window_ns),
	COLUMN_OF_U64_ADDED(struct run_row, bpf_ns),
	COLUMN_OF_U64_ADDED(struct run_row, acquisitions),
	COLUMN_OF_U64_ADDED(struct run_row, arrivals_unseen),
	COLUMN_OF_U64_ADDED(struct run_row, releases),
	COLUMN_OF_U64_ADDED(struct run_row, half_seen),
	COLUMN_OF_U64_ADDED(struct run_row, stopped_ns),
	COLUMN_OF_TEXT_ADDED(struct run_row, disturbed),
	COLUMN_OF_TEXT_ADDED(struct run_row, lock_reason),
};

const struct table rows__runs = TABLE("runs.csv", run_columns, struct run_row);

static const struct column lock_columns[] = {
	COLUMN_OF_TEXT(struct lock_row, run_id),
	COLUMN_OF_U64(struct lock_row, lock),
	COLUMN_OF_U64(struct lock_row, pid),
	COLUMN_OF_TEXT(struct lock_row, name),
	COLUMN_OF_TEXT(struct lock_row, kind),
	COLUMN_OF_TEXT(struct lock_row, module),
	COLUMN_OF_TEXT(struct lock_row, acquire),
	COLUMN_OF_TEXT(struct lock_row, release),
	COLUMN_OF_TEXT(struct lock_row, found_by),
	COLUMN_OF_U64(struct lock_row, acquisitions),
	COLUMN_OF_U64(struct lock_row, releases),
	COLUMN_OF_U64(struct lock_row, handoffs),
	COLUMN_OF_U64(struct lock_row, handoffs_forced),
	COLUMN_OF_U64(struct lock_row, lost_claims),
};

const struct table rows__locks = TABLE("locks.csv", lock_columns, struct lock_row);

static const struct column loss_columns[] = {
	COLUMN_OF_TEXT(struct loss_row, run_id),
	COLUMN_OF_TEXT(struct loss_row, cause),
	COLUMN_OF_U64(struct loss_row, count),
};

const struct table rows__losses = TABLE("losses.csv", loss_columns, struct loss_row);

static const struct column thread_columns[] = {
	COLUMN_OF_TEXT(struct thread_row, run_id),
	COLUMN_OF_U64(struct thread_row, thread),
	COLUMN_OF_U64(struct thread_row, tid),
	COLUMN_OF_TEXT(struct thread_row, comm),
	COLUMN_OF_U64(struct thread_row, life_ns),
	COLUMN_OF_U64(struct thread_row, cpu_ns),
	COLUMN_OF_U64(struct thread_row, ready_ns),
	COLUMN_OF_U64(struct thread_row, lock_wait_ns),
	COLUMN_OF_U64(struct thread_row, blocked_ns),
	COLUMN_OF_U64(struct thread_row, switches_voluntary),
	COLUMN_OF_U64(struct thread_row, switches_involuntary),
	COLUMN_OF_U64(struct thread_row, kernel_voluntary),
	COLUMN_OF_U64(struct thread_row, kernel_involuntary),
	COLUMN_OF_U64(struct thread_row, acquisitions),
	COLUMN_OF_U64(struct thread_row, handoffs_in),
};

const struct table rows__threads = TABLE("threads.csv", thread_columns, struct thread_row);

static const struct column ledger_columns[] = {
	COLUMN_OF_TEXT(struct ledger_row, run_id),
	COLUMN_OF_TEXT(struct ledger_row, state),
	COLUMN_OF_U64(struct ledger_row, ns),
	COLUMN_OF_U64(struct ledger_row, count),
};

const struct table rows__ledger = TABLE("ledger.csv", ledger_columns, struct ledger_row);

static const struct column handoff_columns[] = {
	COLUMN_OF_TEXT(struct handoff_row, run_id),
	COLUMN_OF_U64(struct handoff_row, t_ns),
	COLUMN_OF_U64(struct handoff_row, from_tid),
	COLUMN_OF_U64(struct handoff_row, to_tid),
	COLUMN_OF_U64(struct handoff_row, from_cpu),
	COLUMN_OF_U64(struct handoff_row, to_cpu),
	COLUMN_OF_BOOL(struct handoff_row, forced),
	COLUMN_OF_U64(struct handoff_row, signal_ns),
	COLUMN_OF_U64(struct handoff_row, queue_ns),
	COLUMN_OF_U64(struct handoff_row, take_ns),
};

const struct table rows__handoffs = TABLE("handoffs.csv", handoff_columns, struct handoff_row);

static const struct column futex_columns[] = {
	COLUMN_OF_TEXT(struct futex_row, run_id),
	COLUMN_OF_TEXT(struct futex_row, address),
	COLUMN_OF_TEXT(struct futex_row, name),
	COLUMN_OF_U64(struct futex_row, waiter_tid),
	COLUMN_OF_U64(struct futex_row, waker_tid),
	COLUMN_OF_U64(struct futex_row, waits),
	COLUMN_OF_U64(struct futex_row, wait_ns),
	COLUMN_OF_U64(struct futex_row, pid),
};

const struct table rows__futexes = TABLE("futexes.csv", futex_columns, struct futex_row);

static const struct column histogram_columns[] = {
	COLUMN_OF_TEXT(struct histogram_row, run_id),
	COLUMN_OF_TEXT(struct histogram_row, histogram),
	COLUMN_OF_U64(struct histogram_row, low_ns),
	COLUMN_OF_U64(struct histogram_row, high_ns),
	COLUMN_OF_U64(struct histogram_row, count),
};

const struct table rows__histograms =
	TABLE("histograms.csv", histogram_columns, struct histogram_row);

static const struct column verdict_columns[] = {
	COLUMN_OF_TEXT(struct verdict_row, experiment),
	COLUMN_OF_TEXT(struct verdict_row, method),
	COLUMN_OF_TEXT(struct verdict_row, component),
	COLUMN_OF_F64(struct verdict_row, excess_ms),
	COLUMN_OF_F64(struct verdict_row, low_ms),
	COLUMN_OF_F64(struct verdict_row, high_ms),
	COLUMN_OF_F64(struct verdict_row, share),
	COLUMN_OF_F64(struct verdict_row, share_low),
	COLUMN_OF_F64(struct verdict_row, share_high),
};

const struct table rows__verdict = TABLE("verdict.csv", verdict_columns, struct verdict_row);

static const struct column observation_columns[] = {
	COLUMN_OF_TEXT(struct observation_row, run_id),
	COLUMN_OF_TEXT(struct observation_row, experiment),
	COLUMN_OF_TEXT(struct observation_row, arm),
	COLUMN_OF_U64(struct observation_row, block),
	COLUMN_OF_TEXT(struct observation_row, metric),
	COLUMN_OF_TEXT(struct observation_row, variant),
	COLUMN_OF_F64(struct observation_row, value),
	COLUMN_OF_TEXT(struct observation_row, unit),
};

const struct table rows__observations =
	TABLE("observations.csv", observation_columns, struct observation_row);

static const struct column claim_columns[] = {
	COLUMN_OF_TEXT(struct claim_row, claim),
	COLUMN_OF_TEXT(struct claim_row, experiment),
	COLUMN_OF_TEXT(struct claim_row, verdict),
	COLUMN_OF_F64(struct claim_row, figure),
	COLUMN_OF_F64(struct claim_row, low),
	COLUMN_OF_F64(struct claim_row, high),
	COLUMN_OF_TEXT(struct claim_row, unit),
	COLUMN_OF_TEXT(struct claim_row, reason),
};

const struct table rows__labs = TABLE("labs.csv", claim_columns, struct claim_row);

static const struct column price_columns[] = {
	COLUMN_OF_TEXT(struct price_row, price),
	COLUMN_OF_TEXT(struct price_row, variant),
	COLUMN_OF_F64(struct price_row, median_ns),
	COLUMN_OF_F64(struct price_row, low_ns),
	COLUMN_OF_F64(struct price_row, high_ns),
	COLUMN_OF_U64(struct price_row, samples),
};

const struct table rows__prices = TABLE("prices.csv", price_columns, struct price_row);

static const struct column stack_columns[] = {
	COLUMN_OF_TEXT(struct stack_row, run_id),
	COLUMN_OF_TEXT(struct stack_row, kind),
	COLUMN_OF_TEXT(struct stack_row, stack),
	COLUMN_OF_U64(struct stack_row, samples),
};

const struct table rows__stacks = TABLE("stacks.csv", stack_columns, struct stack_row);
