// SPDX-License-Identifier: GPL-2.0-or-later
// Makes samples of runs, and keeps them.
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

static void add_states(struct sample *sample, const uint64_t *lock_ns, const uint64_t *running_ns)
{
	sample->has_lock = lock_ns;
	sample->sampled = lock_ns && running_ns;
	for (int state = 0; state < LOCK_STATES && sample->has_lock; state++)
		sample->lock_ms[state] = ms(lock_ns[state]);
	for (int kind = 0; kind < SAMPLE_KINDS && sample->sampled; kind++)
		sample->running_ms[kind] = ms(running_ns[kind]);
}

struct sample sample__make(const struct run_row *row, const uint64_t lock_ns[LOCK_STATES],
			   const uint64_t running_ns[SAMPLE_KINDS])
{
	struct sample sample = {
		.block = row->block,
		.traced = row->traced == 1,
		.valid = row->valid == 1,
		.wall_ms = ms(row->wall_ns),
		.handoffs = number(row->handoffs),
		.acquisitions = number(row->acquisitions),
		.switches = number(row->switches_voluntary) + number(row->switches_involuntary),
		.faults = number(row->faults_minor) + number(row->faults_major),
		.max_rss_mb = number(row->max_rss_bytes) / 1e6,
		.other_cpu_ms = ms(row->other_cpu_ns),
		.disturbed = row->disturbed[0] != '\0',
	};

	columns__set_text(sample.run_id, sizeof(sample.run_id), row->run_id);
	columns__set_text(sample.arm, sizeof(sample.arm), row->arm);
	sample.interval_us = arm_name__split(row->arm, sample.of);
	if (sample.of[0] && row->interval_us != COLUMN_MISSING_U64)
		sample.interval_us = row->interval_us;
	add_states(&sample, lock_ns, running_ns);
	return sample;
}

int samples__add(struct samples *samples, const struct sample *sample)
{
	void *items = list__grow(samples->items, samples->count, sizeof(*samples->items));

	if (!items)
		return -ENOMEM;
	samples->items = items;
	samples->items[samples->count++] = *sample;
	return 0;
}

int samples__add_run(struct samples *samples, const struct run *run)
{
	const uint64_t *lock_ns = run->ledger.lock_ns;
	uint64_t parts[SAMPLE_KINDS];
	bool sampled = run_samples__split(&run->samples, lock_ns[HELD_RUNNING], parts);
	struct sample sample = sample__make(&run->row, run->ledger.has_lock ? lock_ns : NULL,
					    sampled ? parts : NULL);

	return samples__add(samples, &sample);
}

void samples__free(struct samples *samples)
{
	free(samples->items);
	*samples = (struct samples){ 0 };
}
