// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A task gives Python's maximum, however its steps are dealt out, and leaves no object behind,
 * wherever it ends; and it needs no more memory than task_bytes() says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../workloads/objects/task.h"
#include "emulated.h"
#include "skip_for.h"

/* CPython 3.11.7: random.seed(seed); max([random.random() for i in range(objects)]).hex() */
static const struct {
	uint64_t objects;
	uint32_t seed;
	double maximum;
} results[] = {
	{ 1, 0u, 0x1.b0580f98a7dbep-1 },
	{ 2, 1u, 0x1.b1e2d5b3584f8p-1 },
	{ 1000, 42u, 0x1.fff3eb3cec409p-1 },
	{ 1000, 5489u, 0x1.ff765ab3d540dp-1 },
	{ 20000, 4294967295u, 0x1.fffed54f18e2bp-1 },
	{ 20000, 7u, 0x1.fffba370e473fp-1 },
};

#define RESULTS (sizeof(results) / sizeof(results[0]))

/* Address sanitizer and valgrind bring a malloc of their own. */
static int malloc_is_glibcs(void)
{
	const char *preload = getenv("LD_PRELOAD");

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
	return 0;
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
	return 0;
#endif
	return !preload || !strstr(preload, "vgpreload");
}

static struct object_heap before;

static int setup(void **state)
{
	(void)state;
	before = object_heap_read();
	return 0;
}

static uint64_t alive(void)
{
	struct object_heap now = object_heap_read();

	return (now.allocated - before.allocated) - (now.freed - before.freed);
}

static int teardown(void **state)
{
	(void)state;
	return alive() != 0;
}

static void maxima_are_pythons(void **state)
{
	struct task task;

	(void)state;
	for (size_t r = 0; r < RESULTS; r++) {
		uint64_t steps = 1;

		assert_int_equal(task_init(&task, results[r].objects, results[r].seed), 0);
		for (; task_step(&task) == TASK_RUNNING; steps++)
			;
		assert_int_equal(steps, results[r].objects + 2);
		assert_int_equal(task.phase, TASK_PHASE_DONE);
		assert_true(task.maximum == results[r].maximum);
		assert_int_equal(alive(), 0);
	}
}

/* An int and a float a turn, and the list: nothing is made twice, nothing is left out. */
static void objects_made_are_those_of_the_loop(void **state)
{
	struct task task;

	(void)state;
	assert_int_equal(task_init(&task, 100, 1), 0);
	assert_int_equal(alive(), 1);
	for (uint64_t i = 0; i < 100; i++) {
		assert_int_equal(task.phase, TASK_PHASE_BUILD);
		assert_int_equal(task_step(&task), TASK_RUNNING);
		assert_int_equal(task.list->size, i + 1);
		assert_int_equal(task.list->items[i]->refs, 1);
		assert_int_equal(alive(), i < 99 ? i + 3 : 101);
		if (i < 99)
			assert_int_equal(int_value(task.variable), i);
	}
	assert_int_equal(object_heap_read().allocated - before.allocated, 201);
	assert_int_equal(task.phase, TASK_PHASE_MAX);
	assert_int_equal(task_step(&task), TASK_RUNNING);
	assert_int_equal(task.phase, TASK_PHASE_DROP);
	assert_int_equal(task.best->refs, 2);
	assert_int_equal(alive(), 101);
	assert_int_equal(task_step(&task), TASK_DONE);
	assert_int_equal(alive(), 0);
	assert_int_equal(object_heap_read().allocated - before.allocated, 201);
}

static void done_stays_done(void **state)
{
	struct task task;
	double maximum;

	(void)state;
	assert_int_equal(task_init(&task, 3, 1), 0);
	while (task_step(&task) == TASK_RUNNING)
		;
	maximum = task.maximum;
	assert_int_equal(task_step(&task), TASK_DONE);
	task_abandon(&task);
	assert_int_equal(task_step(&task), TASK_DONE);
	assert_true(task.maximum == maximum);
}

/* Runs tasks in turn, task t for t + 1 steps at a time. */
static void interleaved_as_one_after_the_other(void **state)
{
	struct task tasks[RESULTS];
	size_t running = RESULTS;

	(void)state;
	for (size_t t = 0; t < RESULTS; t++)
		assert_int_equal(task_init(&tasks[t], results[t].objects, results[t].seed), 0);
	while (running) {
		running = 0;
		for (size_t t = 0; t < RESULTS; t++) {
			enum task_status status = TASK_DONE;

			for (size_t i = 0; i <= t; i++)
				status = task_step(&tasks[t]);
			assert_int_not_equal(status, TASK_NO_MEMORY);
			running += status == TASK_RUNNING;
		}
	}
	for (size_t t = 0; t < RESULTS; t++)
		assert_true(tasks[t].maximum == results[t].maximum);
}

/* Abandoned after every number of steps there is, hence in every phase. */
static void abandoned_tasks_leave_nothing(void **state)
{
	int seen[TASK_PHASE_DONE + 1] = { 0 };
	struct task task;

	(void)state;
	for (int steps = 0; steps <= 50 + 2; steps++) {
		assert_int_equal(task_init(&task, 50, 1), 0);
		for (int i = 0; i < steps; i++)
			assert_int_equal(task_step(&task), i < 51 ? TASK_RUNNING : TASK_DONE);
		seen[task.phase]++;
		task_abandon(&task);
		assert_int_equal(alive(), 0);
		assert_int_equal(task.phase, TASK_PHASE_DONE);
		task_abandon(&task);
		assert_int_equal(alive(), 0);
	}
	assert_int_equal(seen[TASK_PHASE_BUILD], 50);
	assert_int_equal(seen[TASK_PHASE_MAX], 1);
	assert_int_equal(seen[TASK_PHASE_DROP], 1);
	assert_int_equal(seen[TASK_PHASE_DONE], 1);
}

static void nothing_has_no_maximum(void **state)
{
	struct task task;

	(void)state;
	assert_int_equal(task_init(&task, 0, 1), -EINVAL);
	assert_int_equal(object_heap_read().allocated, before.allocated);
}

/* A list that says it is as long as no list can be is a list that cannot grow. */
static void list_that_cannot_grow(void **state)
{
	struct task task;

	(void)state;
	assert_int_equal(task_init(&task, 100, 1), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(task_step(&task), TASK_RUNNING);
	assert_int_equal(alive(), 1 + 1 + 4);
	task.list->size = task.list->allocated = SIZE_MAX / 9;
	assert_int_equal(task_step(&task), TASK_NO_MEMORY);
	assert_int_equal(alive(), 1 + 1 + 4);
	task.list->size = task.list->allocated = 4;
	task_abandon(&task);
}

/* In a process that may not grow by more than 16 MiB, a task of ten million ends early. */
static void process_that_cannot_grow(void **state)
{
	struct rlimit old, small;
	enum task_status status;
	struct task task;
	unsigned long pages;
	FILE *file;

	(void)state;
	if (!malloc_is_glibcs() || emulated())
		skip_for("malloc is not glibc's, or emulated");
	file = fopen("/proc/self/statm", "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu", &pages), 1);
	fclose(file);
	assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
	small = old;
	small.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + (16 << 20);
	assert_int_equal(task_init(&task, 10 * 1000 * 1000, 1), 0);
	assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
	while ((status = task_step(&task)) == TASK_RUNNING)
		;
	assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
	assert_int_equal(status, TASK_NO_MEMORY);
	assert_true(task.built > 200 * 1000 && task.built < 16 * 1024 * 1024 / 32);
	task_abandon(&task);
}

/* Bytes of resident anonymous memory, counted by walking the pages; 0 if the kernel can't. */
static uint64_t resident(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	unsigned long kilobytes = 0;
	char line[256];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Anonymous: %lu kB", &kilobytes) == 1)
			break;
	fclose(file);
	return kilobytes * (uint64_t)1024;
}

/*
 * Runs four tasks one after the other and looks at each when its list is whole.  The first must
 * need at least four fifths of the estimate, none more than all of it.  The number of the task
 * that was wrong, 5 if the first needed too little, else 0.
 */
static int estimate_is_wrong(uint64_t objects)
{
	static struct task task;
	uint64_t start = resident();
	double estimate = (double)task_bytes(objects);

	for (int t = 1; t <= 4; t++) {
		double grown;

		if (task_init(&task, objects, (uint32_t)t))
			return t;
		while (task.phase == TASK_PHASE_BUILD)
			if (task_step(&task) != TASK_RUNNING)
				return t;
		grown = (double)(resident() - start);
		if (grown > estimate)
			return t;
		if (t == 1 && grown * 1.25 < estimate)
			return 5;
		while (task_step(&task) == TASK_RUNNING)
			;
	}
	return 0;
}

/* In a process each, for each must start with a malloc that has seen no large block yet. */
static void estimate_holds(void **state)
{
	static const uint64_t sizes[] = { 200 * 1000, 1000 * 1000, 5 * 1000 * 1000 };

	(void)state;
	if (!malloc_is_glibcs() || emulated() || !resident())
		skip_for("malloc is not glibc's, or emulated, or /proc does not tell memory");
	for (size_t i = 0; i < 3; i++) {
		pid_t child = fork();
		int status;

		assert_int_not_equal(child, -1);
		if (!child)
			_exit(estimate_is_wrong(sizes[i]));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static void estimate_does_not_wrap(void **state)
{
	(void)state;
	assert_true(task_bytes(UINT64_MAX) == UINT64_MAX);
	assert_true(task_bytes(UINT64_MAX / 49) == UINT64_MAX);
	assert_true(task_bytes(1) >= sizeof(struct task));
	assert_true(task_bytes(1u << 31) > (uint64_t)40 << 31);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(estimate_holds),	/* first: see there */
		cmocka_unit_test(estimate_does_not_wrap),
		TEST(maxima_are_pythons),
		TEST(objects_made_are_those_of_the_loop),
		TEST(done_stays_done),
		TEST(interleaved_as_one_after_the_other),
		TEST(abandoned_tasks_leave_nothing),
		TEST(nothing_has_no_maximum),
		TEST(list_that_cannot_grow),
		TEST(process_that_cannot_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
