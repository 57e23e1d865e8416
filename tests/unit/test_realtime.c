// SPDX-License-Identifier: GPL-2.0-or-later
// The guard of real-time threads: one that does not stop is ended by the kernel, and no CPU of
// its own is left to nobody.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../workloads/kit/arguments.h"
#include "../../workloads/crowd/realtime.h"
#include "../../workloads/crowd/spinner.h"
#include "skip_for.h"

#define LIMIT_MS 100

/* The child's exit statuses. */
enum { DONE, REFUSED, FAILED };

/* Runs in a child, whose limits and policies are nobody else's. */
static int in_child(int (*act)(int cpu))
{
	int cpu = argument_first_cpu(), status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(act(cpu));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == REFUSED)
		skip_for("real-time scheduling is refused");
	return status;
}

static bool one_cpu(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) || CPU_COUNT(&set) < 2;
}

static int spin_for_good(int cpu)
{
	struct realtime before;

	if (one_cpu() || realtime_guard(cpu, LIMIT_MS))
		return REFUSED;
	if (realtime_enter(&before, SCHED_FIFO, 1))
		return REFUSED;
	for (;;)
		spinner_turn();
}

static void a_thread_that_does_not_stop_is_ended(void **state)
{
	int status = in_child(spin_for_good);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_true(WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL);
}

static int enter_and_leave(int cpu)
{
	struct realtime before;

	(void)cpu;
	if (realtime_enter(&before, SCHED_RR, 2))
		return REFUSED;
	if (sched_getscheduler(0) != SCHED_RR)
		return FAILED;
	realtime_leave(&before);
	return sched_getscheduler(0) == SCHED_OTHER ? DONE : FAILED;
}

static void the_policy_is_restored(void **state)
{
	(void)state;
	assert_int_equal(in_child(enter_and_leave), DONE);
}

static int guard_the_only_cpu(int cpu)
{
	if (spinner_confine(cpu))
		return FAILED;
	return realtime_guard(cpu, LIMIT_MS) == -EBUSY ? DONE : FAILED;
}

static void the_only_cpu_is_refused(void **state)
{
	(void)state;
	assert_int_equal(in_child(guard_the_only_cpu), DONE);
}

static int guard_and_look(int cpu)
{
	cpu_set_t set;

	if (one_cpu())
		return REFUSED;
	if (realtime_guard(cpu, LIMIT_MS) || sched_getaffinity(0, sizeof(set), &set))
		return FAILED;
	return CPU_ISSET(cpu, &set) ? FAILED : DONE;
}

static void the_watcher_keeps_away(void **state)
{
	(void)state;
	assert_int_equal(in_child(guard_and_look), DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_that_does_not_stop_is_ended),
		cmocka_unit_test(the_policy_is_restored),
		cmocka_unit_test(the_only_cpu_is_refused),
		cmocka_unit_test(the_watcher_keeps_away),
	};

	return cmocka_run_group_tests_name("realtime", tests, NULL, NULL);
}
