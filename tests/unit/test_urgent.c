// SPDX-License-Identifier: GPL-2.0-or-later
// A thread that comes first for a while, and one that it makes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../user/base/urgent.h"
#include "skip_for.h"

/* Comes first: by policy, or by its nice value where the first is not allowed. */
static int before_others(void)
{
	return sched_getscheduler(0) == SCHED_FIFO ||
	       getpriority(PRIO_PROCESS, (id_t)gettid()) < getpriority(PRIO_PROCESS, (id_t)getpid());
}

static int as_the_first(void)
{
	return sched_getscheduler(0) == sched_getscheduler(getpid()) &&
	       getpriority(PRIO_PROCESS, (id_t)gettid()) ==
		       getpriority(PRIO_PROCESS, (id_t)getpid());
}

struct seen {
	struct urgency before;
	int first, child, after;
};

static void *child(void *arg)
{
	struct seen *seen = arg;

	seen->child = before_others();
	urgent__end(&seen->before);
	seen->after = as_the_first();
	return NULL;
}

static void *thread(void *arg)
{
	struct seen *seen = arg;
	pthread_t other;

	urgent__begin(&seen->before);
	seen->first = before_others();
	if (!pthread_create(&other, NULL, child, arg))
		pthread_join(other, NULL);
	return NULL;
}

static void it_passes_on_and_ends(void **state)
{
	struct seen seen = { .first = 0 };
	pthread_t first;

	(void)state;
	if (geteuid() != 0)
		skip_for("comes before others: needs root");
	assert_int_equal(pthread_create(&first, NULL, thread, &seen), 0);
	pthread_join(first, NULL);
	assert_true(seen.first);
	assert_true(seen.child);
	assert_true(seen.after);
	assert_true(as_the_first());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_passes_on_and_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
