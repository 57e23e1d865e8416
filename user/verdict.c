// SPDX-License-Identifier: GPL-2.0-or-later
// Pairs runs inside blocks and puts intervals on the differences.
#include "verdict.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BASE "sequential"
#define OTHER "threads"

static const struct {
	const char *method;
	const char *name;
} components[VERDICT_COMPONENTS] = {
	[LEDGER_TOTAL] = { "ledger", "total" },
	[LEDGER_SWITCHING] = { "ledger", "switching" },
	[LEDGER_SIGNAL] = { "ledger", "handoff_signal" },
	[LEDGER_QUEUE] = { "ledger", "handoff_queue" },
	[LEDGER_TAKE] = { "ledger", "handoff_take" },
	[LEDGER_PREEMPTED_SELF] = { "ledger", "held_preempted_self" },
	[LEDGER_PREEMPTED_OTHER] = { "ledger", "held_preempted_other" },
	[LEDGER_BLOCKED] = { "ledger", "held_blocked" },
	[LEDGER_IDLE] = { "ledger", "free_idle" },
	[LEDGER_RUNNING] = { "ledger", "held_running" },
	[LEDGER_MEMORY] = { "ledger", "memory" },
	[LEDGER_NOT_EXPLAINED] = { "ledger", "not_explained" },
	[LADDER_TOTAL] = { "ladder", "total" },
	[LADDER_MEMORY] = { "ladder", "memory" },
	[LADDER_ONE_CPU] = { "ladder", "switching_one_cpu" },
	[LADDER_ALL_CPUS] = { "ladder", "switching_all_cpus" },
	[LADDER_LOCK] = { "ladder", "lock_operations" },
	[LADDER_SWITCHING] = { "ladder", "switching" },
};

const char *verdict__method(enum verdict_component component)
{
	return components[component].method;
}

const char *verdict__component(enum verdict_component component)
{
	return components[component].name;
}

/* One block of one kind of run, traced or not: the arms side by side. */
struct block {
	uint64_t number;
	bool traced;
	const struct samples *samples;
};

static const struct sample *find(const struct block *block, const char *arm)
{
	for (size_t i = 0; i < block->samples->count; i++) {
		const struct sample *sample = &block->samples->items[i];

		if (sample->block == block->number && sample->traced == block->traced &&
		    sample->valid && strcmp(sample->arm, arm) == 0)
			return sample;
	}
	return NULL;
}

static uint64_t last_block(const struct samples *samples)
{
	uint64_t last = 0;

	for (size_t i = 0; i < samples->count; i++)
		if (samples->items[i].block > last)
			last = samples->items[i].block;
	return last;
}

/* What one block contributes to a figure; NAN if a run is missing or invalid. */
typedef double block_figure(const struct block *block, const void *arg);

/* Median and interval of a figure over all measured blocks. n == 0 if none has it. */
static int over_blocks(const struct samples *samples, bool traced, block_figure *figure,
		       const void *arg, uint64_t seed, struct interval *out)
{
	uint64_t last = last_block(samples);
	double *values = calloc(last ? last : 1, sizeof(*values));
	size_t count = 0;
	int err = 0;

	*out = (struct interval){ NAN, NAN, NAN, 0 };
	if (!values)
		return -ENOMEM;
	for (uint64_t number = 1; number <= last; number++) {
		struct block block = { number, traced, samples };
		double value = figure(&block, arg);

		if (isfinite(value))
			values[count++] = value;
	}
	if (count)
		err = stats__bootstrap_median(values, count, seed, out);
	free(values);
	return err;
}

static double wall_of(const struct block *block, const void *arm)
{
	const struct sample *sample = find(block, arm);

	return sample ? sample->wall_ms : NAN;
}

static double ratio_to_base(const struct block *block, const void *arm)
{
	return wall_of(block, arm) / wall_of(block, BASE);
}

static double overhead_of(const struct block *block, const void *arm)
{
	struct block other = *block;

	other.traced = !block->traced;
	return wall_of(block, arm) / wall_of(&other, arm);
}

static double handoffs_of(const struct block *block, const void *arm)
{
	const struct sample *sample = find(block, arm);

	return sample ? sample->handoffs : NAN;
}

static double switches_of(const struct block *block, const void *arm)
{
	const struct sample *sample = find(block, arm);

	return sample ? sample->switches : NAN;
}

static double faults_of(const struct block *block, const void *arm)
{
	const struct sample *sample = find(block, arm);

	return sample ? sample->faults : NAN;
}

static double rss_of(const struct block *block, const void *arm)
{
	const struct sample *sample = find(block, arm);

	return sample ? sample->max_rss_mb : NAN;
}

/* Untraced runs tell the time; without them (one traced run) the traced ones do. */
static bool clock_traced(const struct samples *samples)
{
	for (size_t i = 0; i < samples->count; i++)
		if (!samples->items[i].traced)
			return false;
	return true;
}

int verdict__slowdown(const struct samples *samples, uint64_t seed, struct interval *slowdown)
{
	int err = over_blocks(samples, clock_traced(samples), ratio_to_base, OTHER, seed, slowdown);

	return err ? err : slowdown->n ? 0 : -ENODATA;
}

static double median_of(const struct samples *samples, bool traced, block_figure *figure,
			const char *arm)
{
	struct interval interval;

	return over_blocks(samples, traced, figure, arm, 1, &interval) ? NAN : interval.mid;
}

static int judge_arm(const struct samples *samples, uint64_t seed, struct verdict_arm *arm)
{
	bool traced = clock_traced(samples);
	int err = over_blocks(samples, traced, wall_of, arm->arm, seed, &arm->wall_ms);

	if (!err)
		err = over_blocks(samples, traced, ratio_to_base, arm->arm, seed, &arm->ratio);
	if (!err)
		err = over_blocks(samples, true, overhead_of, arm->arm, seed, &arm->overhead);
	arm->handoffs = median_of(samples, traced, handoffs_of, arm->arm);
	arm->switches = median_of(samples, traced, switches_of, arm->arm);
	arm->faults = median_of(samples, traced, faults_of, arm->arm);
	arm->max_rss_mb = median_of(samples, traced, rss_of, arm->arm);
	return err;
}

static bool known_arm(const struct verdict *verdict, const char *arm)
{
	for (size_t i = 0; i < verdict->narms; i++)
		if (strcmp(verdict->arms[i].arm, arm) == 0)
			return true;
	return false;
}

/* Arms in the order in which a list of all of them has them, else as they come. */
static int judge_arms(const struct samples *samples, uint64_t seed, struct verdict *verdict)
{
	static const char *const order[] = { "sequential", "interleaved", "threads-1cpu",
					     "threads", "processes", NULL };
	int err = 0;

	for (int pass = 0; order[pass]; pass++)
		for (size_t i = 0; i < samples->count; i++)
			if (strcmp(samples->items[i].arm, order[pass]) == 0 &&
			    !known_arm(verdict, order[pass]))
				strcpy(verdict->arms[verdict->narms++].arm, order[pass]);
	for (size_t i = 0; i < verdict->narms && !err; i++)
		err = judge_arm(samples, seed, &verdict->arms[i]);
	return err;
}

/* threads - sequential of some lock states together, in one block. */
struct states {
	unsigned int mask;
};

#define STATE(state) (1u << (state))
#define NARROW (STATE(HANDOFF_SIGNAL) | STATE(HANDOFF_QUEUE) | STATE(HANDOFF_TAKE) | \
		STATE(HELD_PREEMPTED_SELF))
#define ALL_STATES (STATE(LOCK_STATES) - 1)

static double states_sum(const struct sample *sample, unsigned int mask)
{
	double sum = 0;

	if (!sample || !sample->has_lock)
		return NAN;
	for (int state = 0; state < LOCK_STATES; state++)
		if (mask & STATE(state))
			sum += sample->lock_ms[state];
	return sum;
}

static double states_difference(const struct block *block, const void *arg)
{
	const struct states *states = arg;

	return states_sum(find(block, OTHER), states->mask) -
	       states_sum(find(block, BASE), states->mask);
}

/* What an arm paid for taking and releasing the lock; arg: the price of one pair in ns. */
static double lock_operations(const struct block *block, const char *arm, const void *arg)
{
	const struct sample *sample = find(block, arm);
	double price = *(const double *)arg;

	if (isnan(price))
		return 0;
	return sample ? sample->acquisitions * price / 1e6 : NAN;
}

/* interleaved has no lock: what sequential paid for its own is taken out first. */
static double memory_difference(const struct block *block, const void *arg)
{
	return wall_of(block, "interleaved") -
	       (wall_of(block, BASE) - lock_operations(block, BASE, arg));
}

static double not_explained(const struct block *block, const void *arg)
{
	const struct states running = { STATE(HELD_RUNNING) };

	return states_difference(block, &running) - memory_difference(block, arg);
}

static double one_cpu_difference(const struct block *block, const void *arg)
{
	(void)arg;
	return wall_of(block, "threads-1cpu") - wall_of(block, "interleaved");
}

static double all_cpus_difference(const struct block *block, const void *arg)
{
	(void)arg;
	return wall_of(block, OTHER) - wall_of(block, "threads-1cpu");
}

static double total_difference(const struct block *block, const void *arg)
{
	(void)arg;
	return wall_of(block, OTHER) - wall_of(block, BASE);
}

static double lock_difference(const struct block *block, const void *arg)
{
	return lock_operations(block, OTHER, arg) - lock_operations(block, BASE, arg);
}

/* The rungs above interleaved hold all the lock operations of threads. */
static double ladder_switching(const struct block *block, const void *arg)
{
	return one_cpu_difference(block, NULL) + all_cpus_difference(block, NULL) -
	       lock_operations(block, OTHER, arg);
}

struct component_figure {
	block_figure *figure;
	const void *arg;
	block_figure *whole;	/* that it is a share of */
	const void *whole_arg;
	bool traced;
};

static double share_of(const struct block *block, const void *arg)
{
	const struct component_figure *part = arg;

	return part->figure(block, part->arg) / part->whole(block, part->whole_arg);
}

static const struct states ledger_states[] = {
	[LEDGER_TOTAL] = { ALL_STATES },
	[LEDGER_SWITCHING] = { NARROW },
	[LEDGER_SIGNAL] = { STATE(HANDOFF_SIGNAL) },
	[LEDGER_QUEUE] = { STATE(HANDOFF_QUEUE) },
	[LEDGER_TAKE] = { STATE(HANDOFF_TAKE) },
	[LEDGER_PREEMPTED_SELF] = { STATE(HELD_PREEMPTED_SELF) },
	[LEDGER_PREEMPTED_OTHER] = { STATE(HELD_PREEMPTED_OTHER) },
	[LEDGER_BLOCKED] = { STATE(HELD_BLOCKED) },
	[LEDGER_IDLE] = { STATE(FREE_IDLE) },
	[LEDGER_RUNNING] = { STATE(HELD_RUNNING) },
};

static struct component_figure figure_of(enum verdict_component component, const double *price,
					 bool ladder_traced)
{
	struct component_figure figure = { .arg = price, .whole_arg = price };

	figure.traced = component < LADDER_TOTAL ? true : ladder_traced;
	if (component <= LEDGER_RUNNING) {
		figure.figure = states_difference;
		figure.arg = &ledger_states[component];
	}
	figure.whole = total_difference;
	if (component < LADDER_TOTAL) {
		figure.whole = states_difference;
		figure.whole_arg = &ledger_states[LEDGER_TOTAL];
	}
	switch (component) {
	case LEDGER_MEMORY:
	case LADDER_MEMORY: figure.figure = memory_difference; break;
	case LEDGER_NOT_EXPLAINED: figure.figure = not_explained; break;
	case LADDER_TOTAL: figure.figure = total_difference; break;
	case LADDER_ONE_CPU: figure.figure = one_cpu_difference; break;
	case LADDER_ALL_CPUS: figure.figure = all_cpus_difference; break;
	case LADDER_LOCK: figure.figure = lock_difference; break;
	case LADDER_SWITCHING: figure.figure = ladder_switching; break;
	default: break;
	}
	return figure;
}

static int judge_parts(const struct samples *samples, double price, uint64_t seed,
		       struct verdict *verdict)
{
	bool ladder_traced = clock_traced(samples);
	int err = 0;

	for (int i = 0; i < VERDICT_COMPONENTS && !err; i++) {
		struct verdict_part *part = &verdict->parts[i];
		struct component_figure figure = figure_of(i, &price, ladder_traced);

		err = over_blocks(samples, figure.traced, figure.figure, figure.arg, seed,
				  &part->ms);
		if (err || !verdict->slower)
			continue;
		err = over_blocks(samples, figure.traced, share_of, &figure, seed, &part->share);
	}
	return err;
}

static void count_runs(const struct samples *samples, struct verdict *verdict)
{
	verdict->blocks = last_block(samples);
	for (size_t i = 0; i < samples->count; i++) {
		if (!samples->items[i].block)
			continue;
		verdict->runs++;
		verdict->invalid += !samples->items[i].valid;
	}
}

int verdict__judge(const struct samples *samples, double lock_operation_ns, uint64_t seed,
		   struct verdict *verdict)
{
	int err;

	*verdict = (struct verdict){ 0 };
	count_runs(samples, verdict);
	err = judge_arms(samples, seed, verdict);
	if (!err)
		err = over_blocks(samples, clock_traced(samples), total_difference, NULL, seed,
				  &verdict->excess_ms);
	if (!err)
		err = verdict__slowdown(samples, seed, &verdict->slowdown);
	if (err)
		return err;
	/* With one pair there is no interval, and nothing can be said. */
	verdict->slower = verdict->slowdown.n > 1 && verdict->slowdown.low > 1;
	return judge_parts(samples, lock_operation_ns, seed, verdict);
}
