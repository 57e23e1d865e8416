// SPDX-License-Identifier: GPL-2.0-or-later
// Every Python 3 at hand takes the interval, and keeps no trace of how it got it.
#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/program/switch_interval.h"
#include "../../user/program/target.h"
#include "skip_for.h"

#define MAX_PYTHONS 16

/* What the program finds; the child must find what the user had, and nothing of ours. */
static const char probe[] =
	"import os, subprocess, sys\n"
	"print(sys.getswitchinterval())\n"
	"print(os.environ.get('PYTHONPATH'))\n"
	"print([p for p in sys.path if 'fd' in p],\n"
	"      [p for p in sys.path_importer_cache if 'fd' in p])\n"
	"print(getattr(sys.modules.get('sitecustomize'), 'mine', None))\n"
	"child = 'import sys; print(sys.getswitchinterval())'\n"
	"print(subprocess.check_output([sys.executable, '-c', child]).decode().strip())\n";

static char *pythons[MAX_PYTHONS];
static size_t npythons;
static char folder[] = "/tmp/switchtax-test-XXXXXX";

/* Where no program can be watched, as under valgrind 3.19, which has no pidfd_open(2). */
static bool nothing_starts(void)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == ENOSYS;
}

static void find_pythons(void)
{
	const char *home = getenv("HOME");
	char pattern[512];
	glob_t found = { 0 };
	int flags = GLOB_NOSORT;

	if (nothing_starts())
		return;
	glob("/usr/bin/python3", flags, NULL, &found);
	if (home) {
		snprintf(pattern, sizeof(pattern), "%s/.pyenv/versions/3*/bin/python3", home);
		glob(pattern, flags | (found.gl_pathc ? GLOB_APPEND : 0), NULL, &found);
	}
	for (size_t i = 0; i < found.gl_pathc && npythons < MAX_PYTHONS; i++)
		pythons[npythons++] = strdup(found.gl_pathv[i]);
	globfree(&found);
}

/* Run it; *text is what it printed. Returns its status as from wait4(2). */
static int run_python(const struct switch_interval *interval, char *const *argv,
		      const struct target_user *user, char *text, size_t size)
{
	int out = memfd_create("out", MFD_CLOEXEC);
	const struct target_config config = {
		.argv = argv, .search_path = true, .stdout_fd = out, .stderr_fd = out,
		.inherit_fd = interval->fd, .environment = interval->environment,
		.user = user ? *user : (struct target_user){ 0 }, .own_group = true,
	};
	const struct target_watch watch = { .timeout_ms = 60000 };
	struct target target;
	ssize_t got;

	assert_int_equal(target__start(&target, &config), 0);
	assert_int_equal(target__go(&target), 0);
	assert_int_equal(target__wait(&target, &watch), TARGET_EXITED);
	got = pread(out, text, size - 1, 0);
	text[got > 0 ? got : 0] = '\0';
	close(out);
	return target.status;
}

static int try_python(const char *python, const char *flag, const struct target_user *user,
		      uint64_t us, char *text, size_t size, bool *acknowledged)
{
	char *const argv[] = { (char *)python, (char *)flag, (char *)"-c", (char *)probe, NULL };
	char *const plain[] = { (char *)python, (char *)"-c", (char *)probe, NULL };
	struct switch_interval interval;
	int status;

	assert_int_equal(switch_interval__open(&interval, us), 0);
	assert_false(switch_interval__acknowledged(&interval));
	status = run_python(&interval, flag ? argv : plain, user, text, size);
	*acknowledged = switch_interval__acknowledged(&interval);
	assert_int_equal(switch_interval__forget(&interval), 0);
	assert_false(switch_interval__acknowledged(&interval));
	switch_interval__close(&interval);
	return status;
}

static void expect(const char *python, const char *flag, const char *text, bool acknowledged)
{
	char said[1024];
	bool took;

	assert_int_equal(try_python(python, flag, NULL, 1500, said, sizeof(said), &took), 0);
	if (strcmp(said, text) || took != acknowledged)
		print_error("%s: took it: %d\n%s", python, took, said);
	assert_string_equal(said, text);
	assert_int_equal(took, acknowledged);
}

static void every_python_takes_it(void **state)
{
	(void)state;
	if (!npythons)
		skip_for("no Python on PATH");
	unsetenv("PYTHONPATH");
	for (size_t i = 0; i < npythons; i++)
		expect(pythons[i], NULL, "0.0015\nNone\n[] []\nNone\n0.005\n", true);
}

/* A sitecustomize of the user's own is run all the same, by the program and its child. */
static void the_users_own_path_and_sitecustomize_stay(void **state)
{
	char name[64], want[256];
	FILE *file;

	(void)state;
	if (!npythons)
		skip_for("no Python on PATH");
	snprintf(name, sizeof(name), "%s/sitecustomize.py", folder);
	file = fopen(name, "w");
	assert_non_null(file);
	fputs("mine = 'ran'\n", file);
	fclose(file);
	setenv("PYTHONPATH", folder, 1);
	snprintf(want, sizeof(want), "0.0015\n%s\n[] []\nran\n0.005\n", folder);
	setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
	for (size_t i = 0; i < npythons; i++)
		expect(pythons[i], NULL, want, true);
	unsetenv("PYTHONPATH");
	unlink(name);
}

static void an_empty_path_is_none(void **state)
{
	(void)state;
	if (!npythons)
		skip_for("no Python on PATH");
	setenv("PYTHONPATH", "", 1);
	expect(pythons[0], NULL, "0.0015\nNone\n[] []\nNone\n0.005\n", true);
	unsetenv("PYTHONPATH");
}

/* Not told and not set: the two must agree. */
static void flags_that_refuse_it_are_noticed(void **state)
{
	static const char *const flags[] = { "-I", "-E", "-S" };
	char said[1024];
	bool took;

	(void)state;
	if (!npythons)
		skip_for("no Python on PATH");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		assert_int_equal(try_python(pythons[0], flags[i], NULL, 1500, said, sizeof(said),
					    &took), 0);
		assert_false(took);
		assert_int_equal(strncmp(said, "0.005\n", 6), 0);
	}
}

static void a_venv_takes_it(void **state)
{
	char venv[64], command[256];

	(void)state;
	if (!npythons)
		skip_for("no Python on PATH");
	snprintf(venv, sizeof(venv), "%s/venv", folder);
	for (size_t i = 0; i < npythons; i++) {
		snprintf(command, sizeof(command),
			 "%s -m venv --without-pip %s/%zu >/dev/null 2>&1", pythons[i], venv, i);
		if (system(command))
			continue;
		snprintf(command, sizeof(command), "%s/%zu/bin/python3", venv, i);
		expect(command, NULL, "0.0015\nNone\n[] []\nNone\n0.005\n", true);
	}
}

static void another_user_can_read_it(void **state)
{
	const struct target_user nobody = { .drop = true, .uid = 65534, .gid = 65534 };
	char said[1024];
	bool took;

	(void)state;
	if (geteuid() || nothing_starts() || access("/usr/bin/python3", X_OK))
		skip_for("not root, or no /usr/bin/python3 that starts");
	assert_int_equal(try_python("/usr/bin/python3", NULL, &nobody, 250000, said, sizeof(said),
				    &took), 0);
	assert_true(took);
	assert_int_equal(strncmp(said, "0.25\n", 5), 0);
}

static int set_up(void **state)
{
	(void)state;
	find_pythons();
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	for (size_t i = 0; i < npythons; i++)
		free(pythons[i]);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_python_takes_it),
		cmocka_unit_test(the_users_own_path_and_sitecustomize_stay),
		cmocka_unit_test(an_empty_path_is_none),
		cmocka_unit_test(flags_that_refuse_it_are_noticed),
		cmocka_unit_test(a_venv_takes_it),
		cmocka_unit_test(another_user_can_read_it),
	};

	return cmocka_run_group_tests_name("switch_interval", tests, set_up, tear_down);
}
