// SPDX-License-Identifier: GPL-2.0-or-later
// Lists that grow, also after they have been cut.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../user/base/list.h"

static int *grow_to(int *items, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		items = list__grow(items, i, sizeof(*items));
		assert_non_null(items);
		items[i] = (int)i;
	}
	for (size_t i = 0; i < to; i++)
		assert_int_equal(items[i], i);
	return items;
}

static void what_is_in_it_stays(void **state)
{
	(void)state;
	free(grow_to(NULL, 0, 1000));
}

static void one_that_was_cut_grows_again(void **state)
{
	static const size_t cuts[] = { 0, 1, 15, 16, 17, 31, 32, 33, 64, 99 };

	(void)state;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
		free(grow_to(grow_to(NULL, 0, 100), cuts[i], 300));
}

static void too_large_is_no_memory(void **state)
{
	int item, *items = &item;

	(void)state;
	assert_null(list__grow(items, (size_t)1 << 62, sizeof(*items)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_it_stays),
		cmocka_unit_test(one_that_was_cut_grows_again),
		cmocka_unit_test(too_large_is_no_memory),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
