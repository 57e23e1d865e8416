// SPDX-License-Identifier: GPL-2.0-or-later
// The warning of locks that stand still with more threads than CPUs: when, and what it advises.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/labs/lock_warning.h"
#include "../../workloads/locks/lock.h"

static char text[LOCK_WARNING_SIZE];

static const struct experiment_options usual = {
	.cpus = "0-1",
	.arms = { "sequential", "interleaved", "threads-1cpu", "threads", "processes" },
	.narms = 5,
	.parameters = { .workers = 5, .lock = "ticket" },
};

static bool warns(const struct experiment_options *options)
{
	bool warned = lock_warning__text(options, text, sizeof(text));

	assert_true(!warned || strlen(text) < sizeof(text) - 1);
	return warned;
}

static void only_locks_that_spin_in_order(void **state)
{
	static const char *const in_order[] = { "ticket", "mcs", "clh" };
	struct experiment_options options = usual;
	size_t warned = 0;

	(void)state;
	for (size_t i = 0; lock_kinds[i]; i++) {
		options.parameters.lock = lock_kinds[i]->name;
		if (!warns(&options))
			continue;
		assert_string_equal(lock_kinds[i]->name, in_order[warned]);
		warned++;
	}
	assert_int_equal(warned, 3);
}

static void names_arms_and_a_remedy(void **state)
{
	(void)state;
	assert_true(warns(&usual));
	assert_non_null(strstr(text, "'ticket'"));
	assert_non_null(strstr(text, "threads-1cpu,threads "));
	assert_non_null(strstr(text, "--workers 2 and --arms "
				     "sequential,interleaved,threads,processes"));
}

static void the_remedies_are_enough(void **state)
{
	struct experiment_options options = usual;

	(void)state;
	options.parameters.workers = 2;
	assert_true(warns(&options));		/* one CPU is one too few for two */
	assert_null(strstr(text, "--workers"));
	options.arms[2] = "threads-interval-100";
	assert_false(warns(&options));
	options.parameters.workers = 3;
	assert_true(warns(&options));
	assert_null(strstr(text, "--arms"));
	assert_non_null(strstr(text, "threads-interval-100,threads "));
	options = usual;
	options.parameters.workers = 1;
	assert_false(warns(&options));
}

static void arms_without_the_lock_do_not_matter(void **state)
{
	struct experiment_options options = usual;

	(void)state;
	options.narms = 2;
	assert_false(warns(&options));
}

static void one_cpu_leaves_another_lock(void **state)
{
	struct experiment_options options = usual;

	(void)state;
	options.cpus = "3";
	assert_true(warns(&options));
	assert_non_null(strstr(text, "take another lock"));
	assert_null(strstr(text, "--"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_locks_that_spin_in_order),
		cmocka_unit_test(names_arms_and_a_remedy),
		cmocka_unit_test(the_remedies_are_enough),
		cmocka_unit_test(arms_without_the_lock_do_not_matter),
		cmocka_unit_test(one_cpu_leaves_another_lock),
	};

	return cmocka_run_group_tests_name("lock_warning", tests, NULL, NULL);
}
