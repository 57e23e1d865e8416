// SPDX-License-Identifier: GPL-2.0-or-later
// Figures fit their columns, whatever was measured.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/base/figures.h"

static void a_ratio_is(double low, double mid, double high, const char *text)
{
	const struct interval interval = { .n = 6, .mid = mid, .low = low, .high = high };
	char said[FIGURES_SIZE];

	assert_string_equal(figures__ratio(said, &interval), text);
	assert_true(strlen(said) <= 21);
}

static void ratios_fit_their_column(void **state)
{
	(void)state;
	a_ratio_is(1.838, 1.85, 1.861, "1.850 [1.838, 1.861]");
	a_ratio_is(1.838, 12.85, 24.861, "12.85 [1.84, 24.86]");
	a_ratio_is(98.76, 123.45, 654.32, "123.5 [98.8, 654.3]");
	a_ratio_is(12345.6, 23456.7, 99999.2, "23457 [12346, 99999]");
	a_ratio_is(1, 1, 1, "1.000");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(ratios_fit_their_column) };

	return cmocka_run_group_tests_name("figures", tests, NULL, NULL);
}
