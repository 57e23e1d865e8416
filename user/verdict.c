// SPDX-License-Identifier: GPL-2.0-or-later
// Pairs runs inside blocks and puts intervals on the differences.
#include "verdict.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

const char *verdict__component(const struct verdict_question *question,
			       enum verdict_component component)
{
	if (!question->memory && component == LADDER_ONE_CPU)
		return "one_cpu";
	if (!question->memory && component == LADDER_ALL_CPUS)
		return "all_cpus";
	return components[component].name;
}

/* What is judged, and how. */
struct inquiry {
	const struct samples *samples;
	const struct verdict_question *question;
	uint64_t seed;
	bool clock_traced;	/* untraced runs tell the time, without them the traced ones */
	double price;		/* of one lock operation in ns, or NAN */
};

/* One block of one kind of run, traced or not: the arms side by side. */
struct block {
	uint64_t number;
	bool traced;
	const struct inquiry *inquiry;
};

static const struct sample *find(const struct block *block, const char *arm)
{
	const struct samples *samples = block->inquiry->samples;

	for (size_t i = 0; arm && i < samples->count; i++) {
		const struct sample *sample = &samples->items[i];

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
static int over_blocks(const struct inquiry *inquiry, bool traced, block_figure *figure,
		       const void *arg, struct interval *out)
{
	uint64_t last = last_block(inquiry->samples);
	double *values = calloc(last ? last : 1, sizeof(*values));
	size_t count = 0;
	int err = 0;

	*out = (struct interval){ NAN, NAN, NAN, 0 };
	if (!values)
		return -ENOMEM;
	for (uint64_t number = 1; number <= last; number++) {
		struct block block = { number, traced, inquiry };
		double value = figure(&block, arg);

		if (isfinite(value))
			values[count++] = value;
	}
	if (count)
		err = stats__bootstrap_median(values, count, inquiry->seed, out);
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
	return wall_of(block, arm) / wall_of(block, block->inquiry->question->base);
}

static double ratio_to_other(const struct block *block, const void *arm)
{
	return wall_of(block, arm) / wall_of(block, block->inquiry->question->other);
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

static bool all_traced(const struct samples *samples)
{
	for (size_t i = 0; i < samples->count; i++)
		if (!samples->items[i].traced)
			return false;
	return true;
}

static struct inquiry inquire(const struct samples *samples,
			      const struct verdict_question *question, uint64_t seed)
{
	return (struct inquiry){
		.samples = samples,
		.question = question,
		.seed = seed,
		.clock_traced = all_traced(samples),
		.price = NAN,
	};
}

static int judge_slowdown(const struct inquiry *inquiry, struct interval *slowdown)
{
	int err = over_blocks(inquiry, inquiry->clock_traced, ratio_to_base,
			      inquiry->question->other, slowdown);

	return err ? err : slowdown->n ? 0 : -ENODATA;
}

int verdict__slowdown(const struct samples *samples, const struct verdict_question *question,
		      uint64_t seed, struct interval *slowdown)
{
	const struct inquiry inquiry = inquire(samples, question, seed);

	return judge_slowdown(&inquiry, slowdown);
}

static double median_of(const struct inquiry *inquiry, bool traced, block_figure *figure,
			const char *arm)
{
	struct interval interval;

	return over_blocks(inquiry, traced, figure, arm, &interval) ? NAN : interval.mid;
}

/* Only our own workloads count their hand-offs by themselves. */
static double handoffs_median(const struct inquiry *inquiry, const char *arm)
{
	double median = median_of(inquiry, inquiry->clock_traced, handoffs_of, arm);

	return isnan(median) ? median_of(inquiry, true, handoffs_of, arm) : median;
}

static bool has_lock(const struct samples *samples, const char *arm)
{
	for (size_t i = 0; i < samples->count; i++)
		if (samples->items[i].has_lock && samples->items[i].valid &&
		    strcmp(samples->items[i].arm, arm) == 0)
			return true;
	return false;
}

static int judge_arm(const struct inquiry *inquiry, struct verdict_arm *arm)
{
	bool traced = inquiry->clock_traced;
	int err = over_blocks(inquiry, traced, wall_of, arm->arm, &arm->wall_ms);

	if (!err)
		err = over_blocks(inquiry, traced, ratio_to_base, arm->arm, &arm->ratio);
	if (!err)
		err = over_blocks(inquiry, traced, ratio_to_other, arm->arm, &arm->to_other);
	if (!err)
		err = over_blocks(inquiry, true, overhead_of, arm->arm, &arm->overhead);
	arm->has_lock = has_lock(inquiry->samples, arm->arm);
	arm->handoffs = handoffs_median(inquiry, arm->arm);
	arm->switches = median_of(inquiry, traced, switches_of, arm->arm);
	arm->faults = median_of(inquiry, traced, faults_of, arm->arm);
	arm->max_rss_mb = median_of(inquiry, traced, rss_of, arm->arm);
	return err;
}

const struct verdict_arm *verdict__arm(const struct verdict *verdict, const char *arm)
{
	for (size_t i = 0; i < verdict->narms; i++)
		if (strcmp(verdict->arms[i].arm, arm) == 0)
			return &verdict->arms[i];
	return NULL;
}

/* An arm that was given up in the warm-up has nothing to show. */
static bool was_measured(const struct samples *samples, const char *arm)
{
	for (size_t i = 0; i < samples->count; i++)
		if (samples->items[i].block && strcmp(samples->items[i].arm, arm) == 0)
			return true;
	return false;
}

static int judge_arms(const struct inquiry *inquiry, struct verdict *verdict)
{
	const char *const *arms = inquiry->question->arms;
	int err = 0;

	for (; *arms && verdict->narms < VERDICT_MAX_ARMS; arms++)
		if (was_measured(inquiry->samples, *arms))
			columns__set_text(verdict->arms[verdict->narms++].arm, ROWS_NAME_SIZE,
					  *arms);
	for (size_t i = 0; i < verdict->narms && !err; i++)
		err = judge_arm(inquiry, &verdict->arms[i]);
	return err;
}

/* other - base of some lock states together, in one block. */
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
	const struct verdict_question *question = block->inquiry->question;
	const struct states *states = arg;

	return states_sum(find(block, question->other), states->mask) -
	       states_sum(find(block, question->base), states->mask);
}

/* What an arm paid for taking and releasing the lock. */
static double lock_operations(const struct block *block, const char *arm)
{
	const struct sample *sample = find(block, arm);
	double price = block->inquiry->price;

	if (isnan(price))
		return 0;
	return sample ? sample->acquisitions * price / 1e6 : NAN;
}

/* The memory arm has no lock: what base paid for its own is taken out first. */
static double memory_difference(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;

	(void)arg;
	return wall_of(block, question->memory) -
	       (wall_of(block, question->base) - lock_operations(block, question->base));
}

static double not_explained(const struct block *block, const void *arg)
{
	const struct states running = { STATE(HELD_RUNNING) };

	if (!block->inquiry->question->memory)
		return states_difference(block, &running);
	return states_difference(block, &running) - memory_difference(block, arg);
}

static double one_cpu_difference(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;

	(void)arg;
	return wall_of(block, question->one_cpu) -
	       wall_of(block, question->memory ? question->memory : question->base);
}

static double all_cpus_difference(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;

	(void)arg;
	return wall_of(block, question->other) - wall_of(block, question->one_cpu);
}

static double total_difference(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;

	(void)arg;
	return wall_of(block, question->other) - wall_of(block, question->base);
}

static double lock_difference(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;

	(void)arg;
	if (!question->memory)
		return NAN;
	return lock_operations(block, question->other) - lock_operations(block, question->base);
}

/* The rungs above the memory arm hold all the lock operations of other. */
static double ladder_switching(const struct block *block, const void *arg)
{
	const struct verdict_question *question = block->inquiry->question;

	if (!question->memory)
		return NAN;
	return one_cpu_difference(block, arg) + all_cpus_difference(block, arg) -
	       lock_operations(block, question->other);
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

static struct component_figure figure_of(enum verdict_component component, bool ladder_traced)
{
	struct component_figure figure = { .traced = true };

	if (component >= LADDER_TOTAL)
		figure.traced = ladder_traced;
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

static int judge_parts(const struct inquiry *inquiry, struct verdict *verdict)
{
	int err = 0;

	for (int i = 0; i < VERDICT_COMPONENTS && !err; i++) {
		struct verdict_part *part = &verdict->parts[i];
		struct component_figure figure = figure_of(i, inquiry->clock_traced);

		err = over_blocks(inquiry, figure.traced, figure.figure, figure.arg, &part->ms);
		if (err || !verdict->slower)
			continue;
		err = over_blocks(inquiry, figure.traced, share_of, &figure, &part->share);
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

int verdict__judge(const struct samples *samples, const struct verdict_question *question,
		   double lock_operation_ns, uint64_t seed, struct verdict *verdict)
{
	struct inquiry inquiry = inquire(samples, question, seed);
	int err;

	inquiry.price = lock_operation_ns;
	*verdict = (struct verdict){ .question = *question };
	count_runs(samples, verdict);
	err = judge_arms(&inquiry, verdict);
	if (!err)
		err = over_blocks(&inquiry, inquiry.clock_traced, total_difference, NULL,
				  &verdict->excess_ms);
	if (!err)
		err = judge_slowdown(&inquiry, &verdict->slowdown);
	if (err)
		return err;
	/* With one pair there is no interval, and nothing can be said. */
	verdict->slower = verdict->slowdown.n > 1 && verdict->slowdown.low > 1;
	return judge_parts(&inquiry, verdict);
}
