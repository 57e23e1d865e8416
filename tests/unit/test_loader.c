// SPDX-License-Identifier: GPL-2.0-or-later
// The loader's small readers: lists of CPUs, a workload's report, symbols, command lines.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/base/cpulist.h"
#include "../../user/symbols/symbols.h"
#include "../../user/program/path.h"
#include "../../user/program/workload.h"

static void cpu_lists_round_trip(void **state)
{
	static const char *const good[] = { "0", "0-3", "0,2", "1-2,5,7-9", "1023" };
	static const char *const bad[] = { "", "-1", "a", "1-", "3-1", "1,,2", "1,", " 1", "0x1" };
	char text[256];
	cpu_set_t set;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(cpulist__parse(good[i], &set), 0);
		cpulist__format(&set, text, sizeof(text));
		assert_string_equal(text, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cpulist__parse(bad[i], &set), -EINVAL);
	assert_int_equal(cpulist__parse("1024", &set), -ERANGE);
	assert_int_equal(cpulist__parse("99999999999999999999", &set), -ERANGE);
	cpulist__parse("1-2,5", &set);
	assert_int_equal(cpulist__last(&set), 5);
	CPU_ZERO(&set);
	assert_int_equal(cpulist__last(&set), -1);
	cpulist__parse("0,2,4,6,8,10", &set);
	cpulist__format(&set, text, 6);	/* cut, but terminated */
	assert_true(strlen(text) < 6);
}

static void reports_are_read(void **state)
{
	struct workload_report report;

	(void)state;
	assert_int_equal(workload__parse("wall_ns 12\nunknown 3\n"
					 "faults_minor 18446744073709551614\n", &report), 0);
	assert_int_equal(report.wall_ns, 12);
	assert_true(report.faults_minor == UINT64_MAX - 1);
	assert_true(report.user_ns == UINT64_MAX);
	assert_int_equal(workload__parse("", &report), -EBADMSG);
	assert_int_equal(workload__parse("user_ns 3\n", &report), -EBADMSG);
	assert_int_equal(workload__parse("wall_ns\n", &report), -EBADMSG);
	assert_int_equal(workload__parse("wall_ns x\n", &report), -EBADMSG);
	assert_int_equal(workload__parse("garbage\nwall_ns 3\n", &report), -EBADMSG);
	assert_int_equal(workload__parse("\n\nwall_ns 3", &report), 0);
}

static void command_lines_carry_every_parameter(void **state)
{
	const struct workload_parameters parameters = { "gil", 5, 6, 7, 8, 9 };
	static const char *const wanted[] = { "x", "--lock", "gil", "--arm", "threads", "--workers",
		"5", "--objects", "6", "--interval-us", "7", "--seed", "8", "--cpu", "9" };
	char **argv = workload__argv("x", "threads", &parameters);

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_string_equal(argv[i], wanted[i]);
	assert_null(argv[sizeof(wanted) / sizeof(wanted[0])]);
	workload__free_argv(argv);
	workload__free_argv(NULL);
}

/* Files that are not ELF, or stop in the middle, define nothing and crash nothing. */
static void damaged_files_define_nothing(void **state)
{
	char path[] = "/tmp/switchtax-elf-XXXXXX", bytes[65536];
	int self = open("/proc/self/exe", O_RDONLY), fd = mkstemp(path);
	ssize_t got = read(self, bytes, sizeof(bytes));

	(void)state;
	assert_true(fd >= 0 && got == sizeof(bytes));
	for (size_t cut = 0; cut < sizeof(bytes); cut += 997) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_true(pwrite(fd, bytes, cut, 0) == (ssize_t)cut);
		assert_false(symbols__defines(path, "main"));
	}
	for (unsigned int i = 0; i < 200; i++) {
		bytes[(i * 37) % 4096] ^= (char)(1u << (i % 8));
		assert_true(pwrite(fd, bytes, sizeof(bytes), 0) == sizeof(bytes));
		assert_false(symbols__defines(path, "no_such_function"));
	}
	close(self);
	close(fd);
	unlink(path);
	assert_false(symbols__defines("/nonexistent", "main"));
	assert_false(symbols__defines("/", "main"));
}

static void functions_are_found(void **state)
{
	(void)state;
	assert_true(symbols__defines("/proc/self/exe", "main"));
	assert_true(symbols__defines("/proc/self/exe", "symbols__defines"));
	assert_false(symbols__defines("/proc/self/exe", "symbols__define"));
	assert_false(symbols__defines("/bin/sh", "switchtax_announce"));
}

static void programs_are_found_by_path(void **state)
{
	char path[256], small[4];

	(void)state;
	setenv("PATH", "/nonexistent:/bin:/usr/bin", 1);
	assert_int_equal(path__find("sh", path, sizeof(path)), 0);
	assert_string_equal(path, "/bin/sh");
	assert_int_equal(path__find("/bin/sh", path, sizeof(path)), 0);
	assert_int_equal(path__find("no-such-program", path, sizeof(path)), -ENOENT);
	assert_int_equal(path__find("/etc/passwd", path, sizeof(path)), -EACCES);
	assert_int_equal(path__find("/etc", path, sizeof(path)), -EACCES);
	assert_int_equal(path__find("/bin/sh", small, sizeof(small)), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpu_lists_round_trip),
		cmocka_unit_test(reports_are_read),
		cmocka_unit_test(command_lines_carry_every_parameter),
		cmocka_unit_test(damaged_files_define_nothing),
		cmocka_unit_test(functions_are_found),
		cmocka_unit_test(programs_are_found_by_path),
	};

	return cmocka_run_group_tests_name("loader", tests, NULL, NULL);
}
