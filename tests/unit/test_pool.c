// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_pool - folders with planted figures, put together: blocks stay apart, machines weigh the
 * same, and each folder's own prices go with its blocks.
 */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../user/record/pool.h"
#include "../../user/labs/headline.h"
#include "../../user/verdict/judge.h"
#include "../../user/verdict/verdict.h"

#define BLOCKS 8
#define FOLDERS 4

static char place[] = "/tmp/switchtax-pool-XXXXXX";
static char paths[FOLDERS][64];
static char *list[FOLDERS];

/* One folder: sequential takes 100 ms, and what the others take. */
struct plan {
	const char *model;	/* of the machine; NULL: no environment.json */
	double interleaved_ms;
	double threads_ms;
	uint64_t workers;
	uint64_t acquisitions;	/* of threads */
};

static void add(struct csv *csv, const struct plan *plan, const char *arm, uint64_t block,
		double ms)
{
	struct run_row row;

	columns__clear(&rows__runs, &row);
	row.schema_version = ROWS_SCHEMA_VERSION;
	snprintf(row.run_id, sizeof(row.run_id), "%03d-%s", (int)block, arm);
	columns__set_text(row.experiment, sizeof(row.experiment), "slowdown");
	columns__set_text(row.arm, sizeof(row.arm), arm);
	columns__set_text(row.lock, sizeof(row.lock), "mutex");
	columns__set_text(row.cpus, sizeof(row.cpus), "0-1");
	row.block = block;
	row.traced = 0;
	row.valid = 1;
	row.workers = plan->workers;
	row.seed = 7;
	/* A little apart from block to block; the warm-up is far off. */
	row.wall_ns = (uint64_t)(1e6 * ms * (block ? 1 + 0.001 * (double)(block % 5) : 9));
	row.acquisitions = strcmp(arm, "threads") ? 0 : plan->acquisitions;
	assert_int_equal(csv__append(csv, &row), 0);
}

static void write_environment(int dirfd, const char *model)
{
	char text[256];
	int length = snprintf(text, sizeof(text), "{\"schema_version\":1,\"machine\":"
			      "{\"cpu_model\":\"%s\",\"memory_bytes\":1000000}}\n", model);
	int fd = openat(dirfd, "environment.json", O_CREAT | O_WRONLY, 0644);

	assert_true(fd >= 0 && write(fd, text, (size_t)length) == length);
	close(fd);
}

static void make(size_t index, const struct plan *plan)
{
	struct csv runs, ledger;
	int dirfd;

	snprintf(paths[index], sizeof(paths[index]), "%s/%zu", place, index);
	list[index] = paths[index];
	assert_int_equal(mkdir(paths[index], 0755), 0);
	dirfd = open(paths[index], O_RDONLY | O_DIRECTORY);
	assert_int_equal(csv__open(&runs, dirfd, "runs.csv", &rows__runs), 0);
	assert_int_equal(csv__open(&ledger, dirfd, "ledger.csv", &rows__ledger), 0);
	for (uint64_t block = 0; block <= BLOCKS; block++) {
		add(&runs, plan, "sequential", block, 100);
		add(&runs, plan, "interleaved", block, plan->interleaved_ms);
		add(&runs, plan, "threads-1cpu", block, plan->interleaved_ms);
		add(&runs, plan, "threads", block, plan->threads_ms);
	}
	assert_int_equal(csv__commit(&runs), 0);
	assert_int_equal(csv__commit(&ledger), 0);
	if (plan->model)
		write_environment(dirfd, plan->model);
	close(dirfd);
}

static int setup(void **state)
{
	strcpy(strrchr(place, '-'), "-XXXXXX");
	*state = calloc(1, sizeof(struct pool));
	return *state && mkdtemp(place) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = { "runs.csv", "ledger.csv", "environment.json" };
	char path[128];

	pool__close(*state);
	free(*state);
	for (size_t i = 0; i < FOLDERS; i++) {
		snprintf(path, sizeof(path), "%s/%zu", place, i);
		for (size_t n = 0; n < 3; n++) {
			char file[192];

			snprintf(file, sizeof(file), "%s/%s", path, names[n]);
			unlink(file);
		}
		rmdir(path);
	}
	return rmdir(place);
}

static void open_all(struct pool *pool, size_t count)
{
	char why[FOLDER_WHY_SIZE] = "";

	if (pool__open(pool, list, count, why) || pool__read(pool, why))
		fail_msg("%s", why);
}

static void judge(const struct trials *trials, struct verdict *verdict)
{
	const struct verdict_prices prices = { 0, NAN };

	assert_int_equal(verdict__judge(trials, &headline__question, &prices, verdict), 0);
}

static void near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-7 * fabs(want)))
		fail_msg("%.17g, wanted %.17g", got, want);
}

static void blocks_stay_apart_and_machines_weigh_the_same(void **state)
{
	const struct plan plans[] = {
		{ "A", 110, 150, 5, 0 }, { "B", 130, 250, 5, 0 }, { "A", 110, 150, 5, 0 },
	};
	struct pool *pool = *state;
	struct verdict verdict;

	for (size_t i = 0; i < 3; i++)
		make(i, &plans[i]);
	open_all(pool, 3);
	assert_int_equal(pool->nmachines, 2);
	assert_int_equal(pool->machine_of[2], 0);
	assert_int_equal(pool->machines[0].folders, 2);
	assert_int_equal(pool->machines[0].blocks, 2 * BLOCKS);
	assert_int_equal(pool->machines[1].blocks, BLOCKS);
	assert_int_equal(pool->trials.count, 3 * 4 * (BLOCKS + 1));
	judge(&pool->trials, &verdict);
	assert_int_equal(verdict.machines, 2);
	assert_int_equal(verdict.blocks, 3 * BLOCKS);
	assert_int_equal(verdict.slowdown.n, 3 * BLOCKS);
	near(verdict.slowdown.mid, (1.5 + 2.5) / 2);
	assert_true(verdict.slower);
	/* ms differ by their block's 0 to 0.4 %, equally in both machines */
	assert_true(fabs(verdict.parts[LADDER_TOTAL].ms.mid - 100) < 0.5);
	assert_true(fabs(verdict.parts[LADDER_MEMORY].share.mid - (0.2 + 0.2) / 2) < 1e-6);
	verdict__free(&verdict);
}

static void one_machine_alone_is_as_if_there_were_no_other(void **state)
{
	const struct plan plans[] = { { "A", 110, 150, 5, 0 }, { "B", 130, 250, 5, 0 } };
	struct pool *pool = *state;
	struct trials trials = { 0 };
	struct verdict verdict;

	make(0, &plans[0]);
	make(1, &plans[1]);
	open_all(pool, 2);
	assert_int_equal(pool__of_machine(pool, 1, &trials), 0);
	assert_int_equal(trials.count, 4 * (BLOCKS + 1));
	judge(&trials, &verdict);
	assert_int_equal(verdict.machines, 1);
	near(verdict.slowdown.mid, 2.5);
	verdict__free(&verdict);
	trials__free(&trials);
}

/* 1000 operations at 1 us are 1 ms, at 3 us 3 ms: without prices there would be none. */
static void prices_go_with_the_blocks_of_their_folder(void **state)
{
	const struct plan plan = { "A", 110, 150, 5, 1000 };
	const struct plan other = { "B", 110, 150, 5, 1000 };
	struct pool *pool = *state;
	struct verdict verdict;

	make(0, &plan);
	make(1, &other);
	open_all(pool, 2);
	pool__price(pool, 0, 1000, NAN);
	pool__price(pool, 1, 3000, NAN);
	judge(&pool->trials, &verdict);
	near(verdict.parts[LADDER_LOCK].ms.mid, (1.0 + 3.0) / 2);
	verdict__free(&verdict);
}

static void machines_of_which_nothing_is_known_are_not_one(void **state)
{
	const struct plan plan = { NULL, 110, 150, 5, 0 };
	struct pool *pool = *state;

	make(0, &plan);
	make(1, &plan);
	open_all(pool, 2);
	assert_int_equal(pool->nmachines, 2);
	assert_true(pool->folders[0].warning[0]);
}

static void what_differs_is_named(void **state)
{
	const struct plan plan = { "A", 110, 150, 5, 0 };
	const struct plan other = { "A", 110, 150, 6, 0 };
	struct pool *pool = *state;
	char why[FOLDER_WHY_SIZE];

	make(0, &plan);
	make(1, &other);
	assert_int_equal(pool__open(pool, list, 2, why), EXIT_USAGE);
	assert_non_null(strstr(why, "workers"));
	assert_non_null(strstr(why, "5 and 6"));
	assert_non_null(strstr(why, paths[0]));
	assert_non_null(strstr(why, paths[1]));
}

/* Whoever measured hands over the folder that it has open, not what lies at its path by now. */
static void a_folder_is_taken_as_it_is_open(void **state)
{
	const struct plan plan = { "A", 110, 150, 5, 0 };
	const struct plan other = { "A", 110, 150, 6, 0 };
	struct pool *pool = *state;
	char why[FOLDER_WHY_SIZE];
	int at;

	make(0, &plan);
	make(1, &other);
	at = open(paths[0], O_RDONLY | O_DIRECTORY);
	assert_int_equal(renameat2(AT_FDCWD, paths[0], AT_FDCWD, paths[1], RENAME_EXCHANGE), 0);
	assert_int_equal(pool__take(pool, at, paths[0], why), EXIT_MEASURED);
	assert_int_equal(pool->folders[0].runs[0].row.workers, 5);
	assert_string_equal(pool->folders[0].path, paths[0]);
	close(at);
	assert_int_equal(pool__read(pool, why), EXIT_MEASURED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(blocks_stay_apart_and_machines_weigh_the_same,
						setup, teardown),
		cmocka_unit_test_setup_teardown(one_machine_alone_is_as_if_there_were_no_other,
						setup, teardown),
		cmocka_unit_test_setup_teardown(prices_go_with_the_blocks_of_their_folder, setup,
						teardown),
		cmocka_unit_test_setup_teardown(machines_of_which_nothing_is_known_are_not_one,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_differs_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(a_folder_is_taken_as_it_is_open, setup, teardown),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
