// SPDX-License-Identifier: GPL-2.0-or-later
// Collects observations, and answers questions about them block by block.
#include "evidence/observations.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "ledger/histograms.h"
#include "ledger/ledger.h"

int observations__add(struct observations *observations, const struct observation *observation)
{
	return list__append(observations->items, observations->count, *observation);
}

void observations__free(struct observations *observations)
{
	free(observations->items);
	*observations = (struct observations){ 0 };
}

static void name(struct observation *observation, const char *metric, const char *variant)
{
	struct observation_row *row = &observation->row;

	columns__set_text(row->metric, sizeof(row->metric), metric);
	columns__set_text(row->variant, sizeof(row->variant), variant);
}

int observations__put(struct observations *observations, const char *arm, uint64_t block,
		      const char *metric, const char *variant, double value)
{
	struct observation observation = { .row = { .block = block, .value = value } };

	columns__set_text(observation.row.arm, sizeof(observation.row.arm), arm);
	name(&observation, metric, variant);
	return observations__add(observations, &observation);
}

static struct observation from_run(const struct run *run)
{
	struct observation observation = { .traced = run->traced };
	struct observation_row *row = &observation.row;

	columns__set_text(row->run_id, sizeof(row->run_id), run->row.run_id);
	columns__set_text(row->experiment, sizeof(row->experiment), run->row.experiment);
	columns__set_text(row->arm, sizeof(row->arm), run->row.arm);
	row->block = run->row.block;
	return observation;
}

static int parse_line(struct observations *observations, const char *line, size_t length,
		      const struct run *run)
{
	struct observation observation = from_run(run);
	struct observation_row *row = &observation.row;
	char copy[256], metric[ROWS_NAME_SIZE], variant[ROWS_NAME_SIZE], unit[ROWS_UNIT_SIZE];

	if (length >= sizeof(copy))
		return -EBADMSG;
	memcpy(copy, line, length);
	copy[length] = '\0';
	if (sscanf(copy, "obs %63s %63s %lf %23s", metric, variant, &row->value, unit) != 4)
		return -EBADMSG;
	name(&observation, metric, variant);
	columns__set_text(row->unit, sizeof(row->unit), unit);
	return observations__add(observations, &observation);
}

int observations__parse(struct observations *observations, const char *text,
			const struct run *run)
{
	int err = 0;

	while (*text && !err) {
		size_t length = strcspn(text, "\n");

		if (strncmp(text, "obs ", 4) == 0)
			err = parse_line(observations, text, length, run);
		text += length + (text[length] == '\n');
	}
	return err;
}

/* What was not measured is not observed. */
static int derive(struct observations *observations, const struct run *run, const char *metric,
		  const char *variant, uint64_t value)
{
	struct observation observation = from_run(run);

	if (value == COLUMN_MISSING_U64)
		return 0;
	observation.derived = true;
	observation.row.value = (double)value;
	name(&observation, metric, variant);
	return observations__add(observations, &observation);
}

static int derive_row(struct observations *observations, const struct run *run)
{
	const struct run_row *row = &run->row;
	const struct {
		const char *metric;
		uint64_t value;
	} facts[] = {
		{ "run_wall_ns", row->wall_ns },
		{ "run_user_ns", row->user_ns },
		{ "run_sys_ns", row->sys_ns },
		{ "run_switches_voluntary", row->switches_voluntary },
		{ "run_switches_involuntary", row->switches_involuntary },
		{ "run_handoffs", row->handoffs },
		{ "run_acquisitions", row->acquisitions },
		{ "run_max_rss_bytes", row->max_rss_bytes },
		{ "run_steal_ns", row->steal_ns },
		{ "run_other_cpu_ns", row->other_cpu_ns },
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]) && !err; i++)
		err = derive(observations, run, facts[i].metric, "-", facts[i].value);
	return err;
}

static int derive_threads(struct observations *observations, const struct run *run)
{
	uint64_t seen = 0, kernel = 0;
	int err = 0;

	for (size_t i = 0; i < run->ledger.nthreads && !err; i++) {
		const struct ledger_thread *thread = &run->ledger.threads[i];

		seen += thread->switches[VOLUNTARY] + thread->switches[INVOLUNTARY];
		kernel += thread->kernel[VOLUNTARY] + thread->kernel[INVOLUNTARY];
		err = derive(observations, run, "thread_cpu_ns", thread->comm,
			     thread->ns[THREAD_CPU]);
		if (!err)
			err = derive(observations, run, "thread_ready_ns", thread->comm,
				     thread->ns[THREAD_READY]);
	}
	err = err ? err : derive(observations, run, "switches_seen", "-", seen);
	return err ? err : derive(observations, run, "switches_kernel", "-", kernel);
}

static int derive_histogram(struct observations *observations, const struct run *run,
			    enum histogram which)
{
	char metric[ROWS_NAME_SIZE], low[24];
	int err = 0;

	snprintf(metric, sizeof(metric), "histogram_%s", histograms__name(which));
	for (int bucket = 0; bucket < HISTOGRAM_BUCKETS && !err; bucket++) {
		if (!run->histogram[which][bucket])
			continue;
		snprintf(low, sizeof(low), "%" PRIu64, histograms__low_ns(which, bucket));
		err = derive(observations, run, metric, low, run->histogram[which][bucket]);
	}
	return err;
}

int observations__of_run(struct observations *observations, const struct run *run)
{
	int err = derive_row(observations, run);

	if (!run->traced)
		return err;
	for (int state = 0; state < LOCK_STATES && !err && run->ledger.has_lock; state++)
		err = derive(observations, run, "lock_ns", ledger__lock_state(state),
			     run->ledger.lock_ns[state]);
	for (int which = 0; which < HISTOGRAMS && !err; which++)
		err = derive_histogram(observations, run, which);
	return err ? err : derive_threads(observations, run);
}

static bool fits(const char *wanted, const char *text)
{
	return !wanted || strcmp(wanted, text) == 0;
}

static bool matches(const struct observation *observation, const struct observation_key *key)
{
	return fits(key->metric, observation->row.metric) &&
	       fits(key->variant, observation->row.variant) && fits(key->arm, observation->row.arm);
}

size_t observations__values(const struct observations *observations,
			    const struct observation_key *key, double *values, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < observations->count && count < max; i++)
		if (matches(&observations->items[i], key))
			values[count++] = observations->items[i].row.value;
	return count;
}

size_t observations__count(const struct observations *observations,
			   const struct observation_key *key)
{
	size_t count = 0;

	for (size_t i = 0; i < observations->count; i++)
		count += matches(&observations->items[i], key);
	return count;
}

/* NAN is where each of them begins: fmin() and fmax() prefer a number to it. */
double observations__sum(const struct observations *observations,
			 const struct observation_key *key)
{
	double sum = NAN;

	for (size_t i = 0; i < observations->count; i++)
		if (matches(&observations->items[i], key))
			sum = (isnan(sum) ? 0 : sum) + observations->items[i].row.value;
	return sum;
}

double observations__min(const struct observations *observations,
			 const struct observation_key *key)
{
	double least = NAN;

	for (size_t i = 0; i < observations->count; i++)
		if (matches(&observations->items[i], key))
			least = fmin(least, observations->items[i].row.value);
	return least;
}

double observations__max(const struct observations *observations,
			 const struct observation_key *key)
{
	double greatest = NAN;

	for (size_t i = 0; i < observations->count; i++)
		if (matches(&observations->items[i], key))
			greatest = fmax(greatest, observations->items[i].row.value);
	return greatest;
}

static uint64_t last_block(const struct observations *observations)
{
	uint64_t last = 0;

	for (size_t i = 0; i < observations->count; i++)
		if (observations->items[i].row.block > last)
			last = observations->items[i].row.block;
	return last;
}

/* The median of a key's values in one block; NAN: there is none. */
static double in_block(const struct observations *observations, const struct observation_key *key,
		       uint64_t block, double *room)
{
	size_t count = 0;

	for (size_t i = 0; i < observations->count; i++)
		if (observations->items[i].row.block == block &&
		    matches(&observations->items[i], key))
			room[count++] = observations->items[i].row.value;
	return stats__median(room, count);
}

static double only_first(double a, double b)
{
	(void)b;
	return a;
}

static double ratio(double a, double b)
{
	return b != 0 ? a / b : NAN;
}

static double difference(double a, double b)
{
	return a - b;
}

/* A block in which one of the two is missing is left out. */
static int over_blocks(const struct observations *observations, const struct observation_key *a,
		       const struct observation_key *b, double (*combine)(double a, double b),
		       struct interval *out)
{
	uint64_t blocks = last_block(observations) + 1;
	double *room = calloc(observations->count + 1, sizeof(*room));
	double *values = calloc(blocks, sizeof(*values));
	size_t count = 0;
	int err = -ENOMEM;

	*out = (struct interval){ NAN, NAN, NAN, 0 };
	if (room && values) {
		for (uint64_t block = 0; block < blocks; block++) {
			double value = combine(in_block(observations, a, block, room),
					       in_block(observations, b, block, room));

			if (isfinite(value))
				values[count++] = value;
		}
		err = stats__median_interval(values, count, out);
	}
	free(values);
	free(room);
	return err;
}

int observations__median(const struct observations *observations,
			 const struct observation_key *key, struct interval *out)
{
	return over_blocks(observations, key, key, only_first, out);
}

int observations__ratio(const struct observations *observations, const struct observation_key *a,
			const struct observation_key *b, struct interval *out)
{
	return over_blocks(observations, a, b, ratio, out);
}

int observations__difference(const struct observations *observations,
			     const struct observation_key *a, const struct observation_key *b,
			     struct interval *out)
{
	return over_blocks(observations, a, b, difference, out);
}
