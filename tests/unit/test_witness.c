// SPDX-License-Identifier: GPL-2.0-or-later
// What the system says of the calling thread grows as it should, and is what else is known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../../user/tracer/witness.h"

static void sleeping_counts(void **state)
{
	const struct timespec a_while = { .tv_nsec = 20000000 };
	struct witness before, after;

	(void)state;
	assert_true(witness__read(&before));
	nanosleep(&a_while, NULL);
	assert_true(witness__read(&after));
	assert_true(after.voluntary > before.voluntary);
	assert_true(after.involuntary >= before.involuntary);
	assert_true(after.boot_ns - before.boot_ns >= 20000000);
	assert_true(after.ran_ns >= before.ran_ns);
	assert_true(after.run_delay_ns >= before.run_delay_ns);
	assert_int_equal(after.born_ticks, before.born_ticks);
}

static void it_is_us(void **state)
{
	struct witness witness;

	(void)state;
	assert_true(witness__read(&witness));
	assert_int_equal(witness.prio, 120 + getpriority(PRIO_PROCESS, 0));
	assert_true(witness.cpu < (uint64_t)sysconf(_SC_NPROCESSORS_CONF));
	/* Born before now. */
	assert_true(witness.born_ticks * 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK) <=
		    witness.boot_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sleeping_counts),
		cmocka_unit_test(it_is_us),
	};

	return cmocka_run_group_tests_name("witness", tests, NULL, NULL);
}
