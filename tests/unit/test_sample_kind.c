// SPDX-License-Identifier: GPL-2.0-or-later
// By which door a sample came into the kernel, and whole numbers in given proportions.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/base/apportion.h"
#include "../../user/symbols/sample_kind.h"

#define KIND(in_call, ...)                                                             \
	sample_kind__of((const char *const[]){ __VA_ARGS__ },                          \
			sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *), in_call)

static void each_door_has_its_kind(void **state)
{
	(void)state;
	assert_int_equal(KIND(false, "clear_page_erms", "do_anonymous_page", "exc_page_fault",
			      "asm_exc_page_fault"), SAMPLE_KIND_FAULT);
	assert_int_equal(KIND(false, "vfs_read", "do_syscall_64",
			      "entry_SYSCALL_64_after_hwframe"), SAMPLE_KIND_SYSCALL);
	assert_int_equal(KIND(false, "entry_SYSCALL_compat_after_hwframe"), SAMPLE_KIND_SYSCALL);
	assert_int_equal(KIND(false, "irqentry_exit_to_user_mode",
			      "asm_sysvec_apic_timer_interrupt"), SAMPLE_KIND_INTERRUPT);
	assert_int_equal(KIND(false, "handle_irq", "asm_common_interrupt"),
			 SAMPLE_KIND_INTERRUPT);
	assert_int_equal(KIND(false, "do_int3", "asm_exc_int3"), SAMPLE_KIND_INTERRUPT);
}

static void arm64_has_doors_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(KIND(false, "vfs_read", "invoke_syscall", "el0_svc",
			      "el0t_64_sync_handler", "el0t_64_sync"), SAMPLE_KIND_SYSCALL);
	assert_int_equal(KIND(false, "handle_mm_fault", "do_mem_abort", "el0_da",
			      "el0t_64_sync_handler", "el0t_64_sync"), SAMPLE_KIND_FAULT);
	assert_int_equal(KIND(false, "gic_handle_irq", "el0t_64_irq_handler"),
			 SAMPLE_KIND_INTERRUPT);
	assert_int_equal(KIND(true, "gic_handle_irq", "el1h_64_irq", "vfs_read", "el0_svc"),
			 SAMPLE_KIND_INTERRUPT);
	/* a probe's trap in between: whatever system call was the last, it is over */
	assert_int_equal(KIND(true, "uprobe_breakpoint_handler", "do_debug_exception", "el0_dbg",
			      "el0t_64_sync_handler"), SAMPLE_KIND_INTERRUPT);
	assert_int_equal(KIND(true, "do_debug_exception", "el1_dbg", "vfs_read", "el0_svc"),
			 SAMPLE_KIND_INTERRUPT);
	assert_int_equal(KIND(true, "do_mem_abort", "el1_abort", "vfs_read", "el0_svc"),
			 SAMPLE_KIND_FAULT);
}

static void the_innermost_door_counts(void **state)
{
	(void)state;
	assert_int_equal(KIND(true, "handle_mm_fault", "asm_exc_page_fault", "copy_from_user",
			      "do_syscall_64"), SAMPLE_KIND_FAULT);
	assert_int_equal(KIND(true, "net_rx_action", "handle_softirqs", "do_softirq",
			      "tcp_sendmsg", "do_syscall_64"), SAMPLE_KIND_INTERRUPT);
	assert_int_equal(KIND(true, "do_syscall_64", "handle_softirqs"), SAMPLE_KIND_SYSCALL);
}

static void without_a_door_the_registers_decide(void **state)
{
	(void)state;
	assert_int_equal(KIND(true, NULL, "vfs_read"), SAMPLE_KIND_SYSCALL);
	assert_int_equal(KIND(false, NULL, "something"), SAMPLE_KIND_INTERRUPT);
	assert_int_equal(sample_kind__of(NULL, 0, true), SAMPLE_KIND_SYSCALL);
	/* parts of names are no names */
	assert_int_equal(KIND(true, "my_asm_exc_page_fault", "exc_page_faults"),
			 SAMPLE_KIND_SYSCALL);
}

static void kinds_have_the_names_of_the_files(void **state)
{
	(void)state;
	assert_string_equal(sample_kind__name(SAMPLE_KIND_USER), "user");
	assert_string_equal(sample_kind__name(SAMPLE_KIND_FAULT), "fault");
	assert_string_equal(sample_kind__name(SAMPLE_KIND_SYSCALL), "syscall");
	assert_string_equal(sample_kind__name(SAMPLE_KIND_INTERRUPT), "interrupt");
}

static void parts_sum_to_the_whole(void **state)
{
	uint64_t parts[4];

	(void)state;
	assert_true(apportion(100, (const uint64_t[]){ 1, 1, 1, 0 }, parts, 4));
	assert_int_equal(parts[0], 34); /* of equal remainders the first */
	assert_int_equal(parts[1], 33);
	assert_int_equal(parts[2], 33);
	assert_int_equal(parts[3], 0);
	/* 10 x 7/16 = 4.375, 5/16 = 3.125, 3/16 = 1.875, 1/16 = 0.625 */
	assert_true(apportion(10, (const uint64_t[]){ 7, 5, 3, 1 }, parts, 4));
	assert_int_equal(parts[0], 4);
	assert_int_equal(parts[1], 3);
	assert_int_equal(parts[2], 2);
	assert_int_equal(parts[3], 1);
}

static void large_numbers_stay_exact(void **state)
{
	uint64_t parts[4];

	(void)state;
	assert_true(apportion(UINT64_MAX, (const uint64_t[]){ 1ULL << 40, 3, 5ULL << 50, 7 },
			      parts, 4));
	assert_true(parts[0] + parts[1] + parts[2] + parts[3] == UINT64_MAX);
	assert_true(parts[2] > parts[0] && parts[0] > parts[3] && parts[3] > parts[1]);
	assert_true(apportion(0, (const uint64_t[]){ 1, 2, 3, 4 }, parts, 4));
	assert_true(parts[0] + parts[1] + parts[2] + parts[3] == 0);
}

static void nothing_can_be_split_by_nothing(void **state)
{
	uint64_t parts[4] = { 9, 9, 9, 9 };

	(void)state;
	assert_false(apportion(100, (const uint64_t[]){ 0, 0, 0, 0 }, parts, 4));
	for (int i = 0; i < 4; i++)
		assert_int_equal(parts[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_door_has_its_kind),
		cmocka_unit_test(arm64_has_doors_of_its_own),
		cmocka_unit_test(the_innermost_door_counts),
		cmocka_unit_test(without_a_door_the_registers_decide),
		cmocka_unit_test(kinds_have_the_names_of_the_files),
		cmocka_unit_test(parts_sum_to_the_whole),
		cmocka_unit_test(large_numbers_stay_exact),
		cmocka_unit_test(nothing_can_be_split_by_nothing),
	};

	return cmocka_run_group_tests_name("sample_kind", tests, NULL, NULL);
}
