// SPDX-License-Identifier: GPL-2.0-or-later
// Makes trials of runs, and keeps them.
#include "evidence/trials.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "program/arm_name.h"
#include "run/run.h"

static double ms(uint64_t ns)
{
	return ns == COLUMN_MISSING_U64 ? NAN : (double)ns / 1e6;
}

static double number(uint64_t value)
{
	return value == COLUMN_MISSING_U64 ? NAN : (double)value;
}

static void add_states(struct trial *trial, const uint64_t *lock_ns, const uint64_t *running_ns)
{
	trial->has_lock = lock_ns;
	trial->sampled = lock_ns && running_ns;
	for (int state = 0; state < LOCK_STATES && trial->has_lock; state++)
		trial->lock_ms[state] = ms(lock_ns[state]);
	for (int kind = 0; kind < SAMPLE_KINDS && trial->sampled; kind++)
		trial->running_ms[kind] = ms(running_ns[kind]);
}

struct trial trial__make(const struct run_row *row, const uint64_t lock_ns[LOCK_STATES],
			 const uint64_t running_ns[SAMPLE_KINDS])
{
	struct trial trial = {
		.block = row->block,
		.traced = row->traced == 1,
		.valid = row->valid == 1,
		.wall_ms = ms(row->wall_ns),
		.cpu_ms = (number(row->user_ns) + number(row->sys_ns)) / 1e6,
		.handoffs = number(row->handoffs),
		.acquisitions = number(row->acquisitions),
		.switches = number(row->switches_voluntary) + number(row->switches_involuntary),
		.faults = number(row->faults_minor) + number(row->faults_major),
		.max_rss_mb = number(row->max_rss_bytes) / 1e6,
		.other_cpu_ms = ms(row->other_cpu_ns),
		.throttled_ms = ms(row->throttled_ns != COLUMN_MISSING_U64
					   ? row->throttled_ns : row->group_throttled_ns),
		.disturbed = row->disturbed[0] != '\0',
	};

	columns__set_text(trial.run_id, sizeof(trial.run_id), row->run_id);
	columns__set_text(trial.arm, sizeof(trial.arm), row->arm);
	trial.interval_us = arm_name__split(row->arm, trial.of);
	if (trial.of[0] && row->interval_us != COLUMN_MISSING_U64)
		trial.interval_us = row->interval_us;
	add_states(&trial, lock_ns, running_ns);
	return trial;
}

int trials__add(struct trials *trials, const struct trial *trial)
{
	return list__append(trials->items, trials->count, *trial);
}

int trials__add_run(struct trials *trials, const struct run *run)
{
	const uint64_t *lock_ns = run->ledger.lock_ns;
	uint64_t parts[SAMPLE_KINDS];
	bool sampled = run_samples__split(&run->samples.stacks, lock_ns[HELD_RUNNING], parts);
	struct trial trial = trial__make(&run->row, run->ledger.has_lock ? lock_ns : NULL,
					  sampled ? parts : NULL);

	return trials__add(trials, &trial);
}

void trials__free(struct trials *trials)
{
	free(trials->items);
	*trials = (struct trials){ 0 };
}
