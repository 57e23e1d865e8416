// SPDX-License-Identifier: GPL-2.0-or-later
// Medians, differences and quotients that make up the price list.
#include "prices/prices.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/locks/lock.h"
#include "prices/calibration.h"
#include "prices/switch_plan.h"

static const struct {
	const char *price;
	const char *meaning;
} meanings[] = {
	{ "switch", "from one task to the next, the same system calls without one subtracted; "
		    "-cross: to one that sleeps on another CPU" },
	{ "refill", "what a switch costs more when each task reads that many bytes in between" },
	{ "system_calls", "four bytes through a pipe to oneself: one write and one read" },
	{ "perf_bench_sched_pipe", "an operation of `perf bench sched pipe -T`: two switches, two "
				   "writes, two reads" },
	{ "perf_switch", "half of that, less the system calls" },
	{ "minor_fault", "a fresh page of memory, first written to" },
	{ "lock_uncontended", "to take a lock that nobody else wants, and let go of it" },
	{ "lock_contended", "a step under a lock that others want all the time; an acquisition, "
			    "unless the lock is kept over many steps (gil)" },
	{ PRICES_WATCHED, "what watching an acquisition and its release costs the program at "
			  "least, measured where it is felt" },
	{ "probe_hit", "what the program pays for one: uprobe on a nop, on an instruction that is "
		       "single-stepped, at a return; sched_switch: per switch" },
};

/* One price: value of a key, less that of another one if it has a metric. */
struct recipe {
	const char *price;
	const char *variant;
	struct observation_key key;
	struct observation_key less;
	double divisor;		/* 0: none */
};

int prices__add(struct prices *prices, const char *price, const char *variant,
		const struct interval *ns)
{
	struct price_row *row = &prices->rows[prices->count];

	if (prices->count == PRICES_MAX)
		return -ENOMEM;
	columns__clear(&rows__prices, row);
	columns__set_text(row->price, sizeof(row->price), price);
	columns__set_text(row->variant, sizeof(row->variant), variant);
	row->median_ns = ns->mid;
	row->low_ns = ns->low;
	row->high_ns = ns->high;
	row->samples = ns->n;
	prices->count++;
	return 0;
}

static int add(struct prices *prices, const struct observations *observations,
	       const struct recipe *recipe)
{
	double divisor = recipe->divisor > 0 ? recipe->divisor : 1;
	struct interval ns;
	int err;

	if (recipe->less.metric)
		err = observations__difference(observations, &recipe->key, &recipe->less, &ns);
	else
		err = observations__median(observations, &recipe->key, &ns);
	if (err)
		return err == -ENODATA ? 0 : err;
	ns.mid /= divisor;
	ns.low /= divisor;
	ns.high /= divisor;
	return prices__add(prices, recipe->price, recipe->variant, &ns);
}

static int add_switches(struct prices *prices, const struct observations *observations)
{
	static const char *const arms[] = { SWITCH_PLAN_THREAD, SWITCH_PLAN_PROCESS,
					    SWITCH_PLAN_VECTOR, SWITCH_PLAN_THREAD_CROSS,
					    SWITCH_PLAN_PROCESS_CROSS };
	int err = 0;

	for (size_t i = 0; i < sizeof(arms) / sizeof(arms[0]) && !err; i++) {
		const struct recipe recipe = { "switch", arms[i],
					       .key = { .arm = arms[i], .metric = "switch_ns" } };

		err = add(prices, observations, &recipe);
	}
	return err;
}

static int add_refill(struct prices *prices, const struct observations *observations)
{
	uint64_t sizes[SWITCH_PLAN_MAX_SIZES];
	/* All that there can be: of those that have not run there is no price. */
	size_t count = switch_plan__sizes(UINT64_MAX - 1, sizes);
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		char arm[ROWS_NAME_SIZE], bytes[24];
		const struct recipe recipe = {
			"refill", bytes,
			.key = { .arm = arm, .metric = "switch_ns" },
			.less = { .arm = SWITCH_PLAN_THREAD, .metric = "switch_ns" },
		};

		switch_plan__arm(sizes[i], arm);
		snprintf(bytes, sizeof(bytes), "%" PRIu64, sizes[i]);
		err = add(prices, observations, &recipe);
	}
	return err;
}

static int add_locks(struct prices *prices, const struct observations *observations)
{
	int err = 0;

	for (int contended = 0; contended < 2; contended++)
		for (size_t i = 0; lock_kinds[i] && !err; i++) {
			const char *name = lock_kinds[i]->name;
			char arm[ROWS_NAME_SIZE];
			const struct recipe alone = {
				"lock_uncontended", name,
				.key = { .arm = arm, .metric = "run_wall_ns" },
				.divisor = CALIBRATION_PAIRS,
			};
			const struct recipe wanted = {
				"lock_contended", name,
				.key = { .arm = arm, .metric = "contend_ns_per_step" },
			};

			if (contended)
				snprintf(arm, sizeof(arm), CALIBRATION_CONTENDED, name);
			else
				snprintf(arm, sizeof(arm), CALIBRATION_LOCK, name);
			err = add(prices, observations, contended ? &wanted : &alone);
		}
	return err;
}

static int add_list(struct prices *prices, const struct observations *observations,
		    const struct recipe *recipes, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		err = add(prices, observations, &recipes[i]);
	return err;
}

static const struct recipe pipes[] = {
	{ "system_calls", "pipe", .key = { SWITCH_PLAN_THREAD, "overhead_ns", NULL } },
	{ "perf_bench_sched_pipe", "thread",
	  .key = { CALIBRATION_PERF, CALIBRATION_OPERATION, NULL } },
	{ "perf_switch", "thread", .key = { CALIBRATION_PERF, CALIBRATION_PERF_SWITCH, NULL } },
	{ "minor_fault", "anonymous", .key = { CALIBRATION_FAULT, "fault_ns", NULL } },
};

static const struct recipe probes[] = {
	{ "probe_hit", "uprobe", .key = { CALIBRATION_PROBES, CALIBRATION_HIT, "uprobe" } },
	{ "probe_hit", "uprobe-stepped",
	  .key = { CALIBRATION_PROBES, CALIBRATION_HIT, "uprobe-stepped" } },
	{ "probe_hit", "uretprobe", .key = { CALIBRATION_PROBES, CALIBRATION_HIT, "uretprobe" } },
	{ "probe_hit", "sched_switch",
	  .key = { SWITCH_PLAN_THREAD_TRACED, "switch_ns", NULL },
	  .less = { SWITCH_PLAN_THREAD, "switch_ns", NULL } },
};

int prices__collect(struct prices *prices, const struct observations *observations)
{
	int err = add_switches(prices, observations);

	if (!err)
		err = add_refill(prices, observations);
	if (!err)
		err = add_list(prices, observations, pipes, sizeof(pipes) / sizeof(pipes[0]));
	if (!err)
		err = add_locks(prices, observations);
	if (!err)
		err = add_list(prices, observations, probes, sizeof(probes) / sizeof(probes[0]));
	return err;
}

int prices__against_perf(const struct observations *observations, struct interval *ratio)
{
	const struct observation_key ours = { SWITCH_PLAN_THREAD, "switch_ns", NULL };
	const struct observation_key perf = { CALIBRATION_PERF, CALIBRATION_PERF_SWITCH, NULL };

	return observations__ratio(observations, &ours, &perf, ratio);
}

const char *prices__meaning(const char *price)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strcmp(meanings[i].price, price) == 0)
			return meanings[i].meaning;
	return "";
}

const struct price_row *prices__find(const struct prices *prices, const char *price,
				     const char *variant)
{
	for (size_t i = 0; i < prices->count; i++)
		if (strcmp(prices->rows[i].price, price) == 0 &&
		    strcmp(prices->rows[i].variant, variant) == 0)
			return &prices->rows[i];
	return NULL;
}

static int on_price(const void *data, void *arg)
{
	struct prices *prices = arg;

	if (prices->count == PRICES_MAX)
		return -ENOMEM;
	prices->rows[prices->count++] = *(const struct price_row *)data;
	return 0;
}

int prices__read(struct prices *prices, int dirfd, struct csv_error *error)
{
	prices->count = 0;
	return csv__read(dirfd, rows__prices.file, &rows__prices, on_price, prices, error);
}
