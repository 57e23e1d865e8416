// SPDX-License-Identifier: GPL-2.0-or-later
// Copies of a release that the compiler has made, found in code of two machines.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../user/symbols/elf_file.h"
#include "../../user/lock/inlined.h"
#include "../../user/lock/interpreters.h"
#include "skip_for.h"

/*
 * PyEval_SaveThread() has a copy of the release in it. PyEval_ReleaseThread() calls it, and
 * PyEval_ReleaseLock() something that jumps to it, but both are long enough for a copy.
 */
static const char source[] =
	"#define IN __attribute__((noinline, visibility(\"hidden\")))\n"
	"#define WORK for (int i = 0; i < 9; i++) { a[i] += b[i]; b[i] ^= c[i]; c[i] -= a[i]; }\n"
	"volatile long a[9], b[9], c[9];\n"
	"IN void drop_gil(void) { WORK WORK WORK }\n"
	"IN void on_the_way(void) { a[0]++; drop_gil(); }\n"
	"IN void PyEval_SaveThread(void) { a[1]++; WORK WORK WORK }\n"
	"IN void PyEval_ReleaseThread(void) { WORK WORK WORK drop_gil(); a[2]++; }\n"
	"IN void PyEval_ReleaseLock(void) { WORK WORK WORK on_the_way(); a[3]++; }\n";

static char folder[] = "/tmp/switchtax-test-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink("lib.c");
	unlink("lib.so");
	return chdir("/") || rmdir(folder);
}

static bool compile(const char *compiler, const char *options)
{
	char command[256];
	FILE *file = fopen("lib.c", "we");

	assert_non_null(file);
	fputs(source, file);
	fclose(file);
	snprintf(command, sizeof(command), "%s %s -fno-lto -shared -fPIC -nostdlib -o lib.so lib.c "
		 "2>/dev/null", compiler, options);
	return system(command) == 0; /* NOLINT(cert-env33-c) */
}

/* The releases of lib.so in one line, the first being drop_gil() itself. */
static void releases_are(const char *names)
{
	struct symbols release = { .count = 0 };
	struct elf_file file;
	char text[512] = "";

	assert_int_equal(elf_file__open(&file, "lib.so"), 0);
	assert_int_equal(symbols__add_functions(&file, SHT_SYMTAB, "drop_gil", &release), 0);
	assert_int_equal(inlined__add(&interpreters[0], &file, &file, &release), 0);
	for (size_t i = 0; i < release.count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 release.list[i].name);
	symbols__free(&release);
	elf_file__close(&file);
	assert_string_equal(text, names);
}

static void copies_are_found_in_code(void **state)
{
	static const char *const compilers[] = { "cc", "x86_64-linux-gnu-gcc",
						 "aarch64-linux-gnu-gcc" };
	static const char *const options[] = { "-O1", "-O2" };
	int compiled = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(compilers) / sizeof(compilers[0]); i++)
		for (size_t j = 0; j < sizeof(options) / sizeof(options[0]); j++) {
			if (!compile(compilers[i], options[j]))
				continue;
			releases_are("drop_gil PyEval_SaveThread");
			compiled++;
		}
	if (!compiled)
		skip_for("no compiler builds the source");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_are_found_in_code),
	};

	return cmocka_run_group_tests_name("inlined", tests, make_folder, remove_folder);
}
