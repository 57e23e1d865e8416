// SPDX-License-Identifier: GPL-2.0-or-later
// Runs lockcost and switchcost in turn, a few rounds, and takes medians.
#include "prices/price_runs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "evidence/observations.h"
#include "prices/switch_plan.h"
#include "run/drive.h"

/* Smallest and largest of five are an interval of 94 % (stats.h). */
#define ROUNDS 5

/* Of switchcost, of some 0.5 ms each. */
#define BATCHES "31"

#define LOCK_METRIC "lock_operation_ns"
#define LOCK_PRICE "lock_uncontended"
#define SWITCH_PRICE "switch"

static int run_once(const struct price_runs *plan, char **argv, uint64_t round, struct run *run)
{
	const struct run_spec spec = {
		.target = {
			.argv = argv,
			.path = argv[0],
			.cpus = plan->cpus,
			.user = plan->user,
			.own_group = true,
		},
		.own_workload = true,
		.timeout_ms = plan->timeout_ms,
	};

	columns__clear(&rows__runs, &run->row);
	columns__set_text(run->row.run_id, sizeof(run->row.run_id), "price");
	run->row.block = round;
	return run__once(NULL, &spec, run);
}

static int run_lock(const struct price_runs *plan, uint64_t round,
		    struct observations *observations, struct run *run)
{
	char *argv[] = { (char *)plan->lock_path, "--lock", (char *)plan->lock, NULL };
	int err = run_once(plan, argv, round, run);

	if (err || !run->pairs)
		return err;
	return observations__put(observations, "lock", round, LOCK_METRIC, "-",
				 (double)run->row.wall_ns / (double)run->pairs);
}

static int run_switch(const struct price_runs *plan, uint64_t round,
		      struct observations *observations, struct run *run)
{
	char cpu[16];
	char *argv[] = { (char *)plan->switch_path, "--cpu", cpu, "--batches", BATCHES, NULL };
	int err;

	snprintf(cpu, sizeof(cpu), "%d", plan->one_cpu);
	err = run_once(plan, argv, round, run);
	return err ? err : observations__parse(observations, run->output, run);
}

/* One price in one round. An error has the program's name before it. */
static int measure(const struct price_runs *plan, bool lock, uint64_t round,
		   struct observations *observations, char *error, size_t size)
{
	struct run run = { 0 };
	int err = lock ? run_lock(plan, round, observations, &run) :
			 run_switch(plan, round, observations, &run);

	if (err)
		snprintf(error, size, "%s: %.400s", lock ? "lockcost" : "switchcost",
			 run.error[0] ? run.error : strerror(-err));
	run__free(&run);
	return err;
}

/* Nothing observed: no row. */
static int add_price(struct prices *prices, const struct observations *observations,
		     const char *metric, const char *price, const char *variant)
{
	const struct observation_key key = { .metric = metric };
	struct interval ns;
	int err = observations__median(observations, &key, &ns);

	if (err)
		return err == -ENODATA ? 0 : err;
	return prices__add(prices, price, variant, &ns);
}

int price_runs__measure(const struct price_runs *plan, struct prices *prices, char *error,
			size_t size)
{
	struct observations observations = { 0 };
	int err = 0;

	for (uint64_t round = 1; round <= ROUNDS && !err; round++) {
		err = measure(plan, true, round, &observations, error, size);
		if (!err && plan->switch_path[0])
			err = measure(plan, false, round, &observations, error, size);
	}
	if (!err)
		err = add_price(prices, &observations, LOCK_METRIC, LOCK_PRICE, plan->lock);
	if (!err)
		err = add_price(prices, &observations, "switch_ns", SWITCH_PRICE,
				SWITCH_PLAN_THREAD);
	observations__free(&observations);
	return err;
}

static double median_ns(const struct prices *prices, const char *price, const char *variant)
{
	const struct price_row *row = prices__find(prices, price, variant);

	return row ? row->median_ns : NAN;
}

struct verdict_prices price_runs__of(const struct prices *prices, const char *lock)
{
	return (struct verdict_prices){
		.lock_operation_ns = median_ns(prices, LOCK_PRICE, lock),
		.switch_ns = median_ns(prices, SWITCH_PRICE, SWITCH_PLAN_THREAD),
	};
}
