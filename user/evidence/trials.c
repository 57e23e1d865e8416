// SPDX-License-Identifier: GPL-2.0-or-later
// Keeps samples, and reads them back from a results folder.
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

struct sample sample__from_row(const struct run_row *row)
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
		.steal_ms = ms(row->steal_ns),
		.other_cpu_ms = ms(row->other_cpu_ns),
		.disturbed = row->disturbed[0] != '\0',
	};

	columns__set_text(sample.run_id, sizeof(sample.run_id), row->run_id);
	columns__set_text(sample.arm, sizeof(sample.arm), row->arm);
	sample.interval_us = arm_name__split(row->arm, sample.of);
	if (sample.of[0] && row->interval_us != COLUMN_MISSING_U64)
		sample.interval_us = row->interval_us;
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
	struct sample sample = sample__from_row(&run->row);
	uint64_t parts[SAMPLE_KINDS];

	sample.has_lock = run->ledger.has_lock;
	for (int state = 0; state < LOCK_STATES; state++)
		sample.lock_ms[state] = (double)run->ledger.lock_ns[state] / 1e6;
	sample.sampled = run->ledger.has_lock &&
			 run_samples__split(&run->samples, run->ledger.lock_ns[HELD_RUNNING],
					    parts);
	for (int kind = 0; kind < SAMPLE_KINDS && sample.sampled; kind++)
		sample.running_ms[kind] = ms(parts[kind]);
	return samples__add(samples, &sample);
}

void samples__free(struct samples *samples)
{
	free(samples->items);
	*samples = (struct samples){ 0 };
}

struct reading {
	struct samples *samples;
	struct run_row *first;
};

static int on_run(const void *data, void *arg)
{
	struct reading *reading = arg;
	const struct run_row *row = data;
	struct sample sample = sample__from_row(row);

	/* An arm at another switch interval does not speak for the experiment. */
	if (reading->first && !sample.of[0]) {
		*reading->first = *row;
		reading->first = NULL;
	}
	return samples__add(reading->samples, &sample);
}

static struct sample *find(struct samples *samples, const char *run_id)
{
	for (size_t i = 0; i < samples->count; i++)
		if (strcmp(samples->items[i].run_id, run_id) == 0)
			return &samples->items[i];
	return NULL;
}

static void read_part(const struct ledger_row *row, struct sample *sample)
{
	char name[ROWS_NAME_SIZE];

	for (int kind = 0; kind < SAMPLE_KINDS; kind++) {
		snprintf(name, sizeof(name), "%s.%s", ledger__lock_state(HELD_RUNNING),
			 sample_kind__name(kind));
		if (strcmp(row->state, name))
			continue;
		sample->running_ms[kind] = ms(row->ns);
		sample->sampled = true;
	}
}

static int on_state(const void *data, void *arg)
{
	struct reading *reading = arg;
	const struct ledger_row *row = data;
	struct sample *sample = find(reading->samples, row->run_id);

	/* The ledger of a run that was not finished has no row in runs.csv. */
	if (!sample)
		return 0;
	for (int state = 0; state < LOCK_STATES; state++)
		if (strcmp(row->state, ledger__lock_state(state)) == 0)
			sample->lock_ms[state] = ms(row->ns);
	sample->has_lock = true;
	read_part(row, sample);
	return 0;
}

int samples__read(struct samples *samples, int dirfd, struct run_row *first,
		  struct csv_error *error)
{
	struct reading reading = { samples, first };
	int err = csv__read(dirfd, rows__runs.file, &rows__runs, on_run, &reading, error);

	return err ? err : csv__read(dirfd, rows__ledger.file, &rows__ledger, on_state, &reading,
				     error);
}
