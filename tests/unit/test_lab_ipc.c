// SPDX-License-Identifier: GPL-2.0-or-later
// The judge of ipc: made-up observations that support its claims, refute them, or do neither.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../../user/labs/lab.h"
#include "claim_of.h"

#define BLOCKS 8

extern const struct lab lab_ipc;

struct world {
	double shm;			/* latency at 64 KiB in ns; the pointer's is 1000 */
	double spread;			/* of it, from block to block */
	double arrived;			/* updates of private memory that arrived elsewhere */
	double lost[3];			/* none in even blocks, none in odd ones, semaphore */
	double died;			/* owners, in each run */
	unsigned int cpus;
	bool without_pointer;
	bool without_mutex;
};

static const struct world sound = { .shm = 1500, .spread = 20, .lost = { 50, 90, 0 }, .died = 1,
				    .cpus = 2 };

static void put(struct observations *observations, const char *arm, uint64_t block,
		const char *metric, double value)
{
	assert_int_equal(observations__put(observations, arm, block, metric, "x", value), 0);
}

static void put_block(struct observations *all, const struct world *world, uint64_t block)
{
	double drift = world->spread * (double)(block % 3);

	put(all, "shm-65536", block, "ipc_latency_ns", world->shm + drift);
	put(all, "pipe-65536", block, "ipc_latency_ns", world->shm * 3 + drift);
	put(all, "shm-64", block, "ipc_latency_ns", 110);
	put(all, "pointer-64", block, "ipc_latency_ns", 100);
	if (!world->without_pointer)
		put(all, "pointer-65536", block, "ipc_latency_ns", 1000);
	put(all, "counter-private", block, "shared_updates", 500);
	put(all, "counter-private", block, "shared_lost", 500 - world->arrived);
	put(all, "counter-none", block, "shared_updates", 1000);
	put(all, "counter-none", block, "shared_lost", world->lost[block % 2]);
	if (!world->without_mutex)
		put(all, "counter-mutex", block, "shared_lost", 0);
	put(all, "counter-semaphore", block, "shared_lost", world->lost[2]);
	put(all, "counter-robust", block, "shared_lost", 0);
	put(all, "counter-robust", block, "owner_died", world->died);
}

static const struct claim_row *judge(const struct world *world, const char *claim)
{
	static struct claims claims;
	struct observations observations = { 0 };
	const struct lab_options options = { .cpus = world->cpus };
	const struct lab_evidence evidence = { .observations = &observations,
					       .options = &options };
	const struct claim_row *row;

	claims = (struct claims){ 0 };
	for (uint64_t block = 1; block <= BLOCKS; block++)
		put_block(&observations, world, block);
	assert_int_equal(lab_ipc.judge(&evidence, &claims), 0);
	observations__free(&observations);
	row = claim_of(&claims, claim);
	assert_non_null(row);
	assert_true(strlen(row->reason) > 20 && strlen(row->reason) < ROWS_REASON_SIZE - 1);
	return row;
}

#define assert_verdict(world, claim, word) \
	assert_string_equal(judge((world), (claim))->verdict, (word))

static void dearer_means_support(void **state)
{
	const struct claim_row *row = judge(&sound, "C14");

	(void)state;
	assert_string_equal(row->verdict, "supported");
	assert_true(row->figure > 1.49 && row->figure < 1.55 && row->low > 1);
	assert_non_null(strstr(row->reason, "shm"));
}

/* It is the cheapest that counts: a pipe that costs three times as much changes nothing. */
static void a_means_as_cheap_as_a_pointer_refutes(void **state)
{
	struct world world = sound;

	(void)state;
	world.shm = 900;
	assert_verdict(&world, "C14", "refuted");
}

static void memory_that_is_shared_by_itself_refutes(void **state)
{
	struct world world = sound;

	(void)state;
	world.arrived = 1;
	assert_verdict(&world, "C14", "refuted");
}

static void an_interval_around_one_leaves_it_open(void **state)
{
	struct world world = sound;

	(void)state;
	world.shm = 900;
	world.spread = 120;
	assert_verdict(&world, "C14", "undecided");
	world = sound;
	world.without_pointer = true;
	assert_verdict(&world, "C14", "undecided");
}

static void losses_without_a_guard_only_support(void **state)
{
	const struct claim_row *row = judge(&sound, "C15");

	(void)state;
	assert_string_equal(row->verdict, "supported");
	assert_true(row->low >= 0.05 && row->high <= 0.09);
}

static void a_guard_that_loses_refutes(void **state)
{
	struct world world = sound;

	(void)state;
	world.lost[2] = 1;
	assert_verdict(&world, "C15", "refuted");
	world.lost[2] = -1;
	assert_verdict(&world, "C15", "refuted");
}

/* On one CPU nothing need be lost, and that says nothing. */
static void nothing_lost_without_a_guard_refutes(void **state)
{
	struct world world = sound;

	(void)state;
	world.lost[0] = world.lost[1] = 0;
	assert_verdict(&world, "C15", "refuted");
	world.cpus = 1;
	assert_verdict(&world, "C15", "undecided");
}

static void what_was_not_seen_leaves_it_open(void **state)
{
	struct world world = sound;

	(void)state;
	world.lost[1] = 0;	/* some runs lost, some did not */
	assert_verdict(&world, "C15", "undecided");
	world = sound;
	world.died = 0;
	assert_verdict(&world, "C15", "undecided");
	world = sound;
	world.without_mutex = true;
	assert_verdict(&world, "C15", "undecided");
}

static void the_plan_names_every_step_once(void **state)
{
	const struct lab_options options = { .cpus = 2 };
	struct lab_plan plan = { 0 };
	bool traced = false;

	(void)state;
	assert_int_equal(lab_ipc.plan(&options, &plan), 0);
	assert_false(plan.failed);
	assert_true(plan.count >= 3 * 4 + 5);
	for (size_t i = 0; i < plan.count; i++) {
		traced |= plan.steps[i].tracing != LAB_UNTRACED;
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(plan.steps[i].name, plan.steps[j].name);
	}
	assert_true(traced);
	lab_plan__free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dearer_means_support),
		cmocka_unit_test(a_means_as_cheap_as_a_pointer_refutes),
		cmocka_unit_test(memory_that_is_shared_by_itself_refutes),
		cmocka_unit_test(an_interval_around_one_leaves_it_open),
		cmocka_unit_test(losses_without_a_guard_only_support),
		cmocka_unit_test(a_guard_that_loses_refutes),
		cmocka_unit_test(nothing_lost_without_a_guard_refutes),
		cmocka_unit_test(what_was_not_seen_leaves_it_open),
		cmocka_unit_test(the_plan_names_every_step_once),
	};

	return cmocka_run_group_tests_name("lab_ipc", tests, NULL, NULL);
}
