// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_results - the folder of an experiment: whose, where, and never through a link.
 *
 * Every test runs in a fresh folder under $TMPDIR or /tmp, as working directory.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/results/file.h"
#include "../../user/results/folder.h"
#include "skip_for.h"

static char home[PATH_MAX];
static char why[512];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int enter(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(home, sizeof(home), "%s/switchtax-test-XXXXXX", tmp ? tmp : "/tmp");
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	umask(022);
	why[0] = '\0';
	return mkdtemp(home) && !chdir(home) ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	if (chdir("/"))
		return -1;
	return nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int create(struct results *results, const char *path)
{
	return results__create(results, path, "slowdown", why, sizeof(why));
}

static void put(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "mine", 4), 4);
	close(fd);
}

static void holds(const char *path, const char *want)
{
	char got[256] = "";
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, got, sizeof(got) - 1) >= 0);
	close(fd);
	assert_string_equal(got, want);
}

static int refused(const char *path, const char *word)
{
	struct results results;
	int err = create(&results, path);

	if (!err) {
		results__close(&results);
		fail_msg("%s was taken", path);
	}
	assert_non_null(strstr(why, path));
	assert_non_null(strstr(why, word));
	assert_null(strchr(why, '\n'));
	assert_int_equal(results.dirfd, -1);
	return err;
}

static void default_name_is_experiment_and_utc_time(void **state)
{
	struct results results;
	struct stat st;
	int used = 0;

	(void)state;
	assert_int_equal(create(&results, NULL), 0);
	assert_int_equal(sscanf(results.path, "results/slowdown-%*8[0-9]T%*6[0-9]Z%n", &used), 0);
	assert_int_equal(used, (int)strlen(results.path));
	assert_int_equal(stat(results.path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0755);
	results__close(&results);
	results__close(&results);
	results__close(NULL);
}

/* Five at once: at most two distinct seconds, so some get a suffix, and all differ. */
static void same_second_gets_a_suffix(void **state)
{
	struct results results[5];
	int suffixed = 0;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(create(&results[i], NULL), 0);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(results[i].path, results[j].path);
		suffixed += strstr(results[i].path, "Z-2") != NULL;
	}
	assert_true(suffixed >= 1);
	for (int i = 0; i < 5; i++)
		results__close(&results[i]);
}

static void takes_an_empty_folder_and_trailing_slashes(void **state)
{
	struct results results;

	(void)state;
	assert_int_equal(mkdir("empty", 0700), 0);
	assert_int_equal(create(&results, "empty/"), 0);
	assert_int_equal(results__write_text(&results, "a", "text", 4), 0);
	holds("empty/a", "text");
	results__close(&results);
	assert_int_equal(create(&results, "new//"), 0);
	assert_int_equal(access("new", F_OK), 0);
	results__close(&results);
}

static void refuses_what_is_not_an_empty_folder(void **state)
{
	struct results results;

	(void)state;
	assert_int_equal(mkdir("full", 0700), 0);
	put("full/.hidden");
	put("file");
	assert_int_equal(refused("full", "not empty"), -ENOTEMPTY);
	assert_int_equal(refused("file", "not a folder"), -ENOTDIR);
	assert_int_equal(refused("no/such", "mkdir -p"), -ENOENT);
	assert_int_equal(refused("/", "not empty"), -ENOTEMPTY);
	assert_int_equal(create(&results, ""), -EINVAL);
	assert_non_null(strstr(why, "-o"));
	assert_int_equal(results__create(&results, NULL, "../x", why, sizeof(why)), -EINVAL);
	holds("full/.hidden", "mine");
	assert_int_equal(access("no", F_OK), -1);
}

static void refuses_a_link_as_folder(void **state)
{
	(void)state;
	assert_int_equal(mkdir("target", 0700), 0);
	assert_int_equal(symlink("target", "link"), 0);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_int_equal(refused("link", "symbolic link"), -ELOOP);
	assert_int_equal(refused("dangling", "symbolic link"), -ELOOP);
	/* with a slash behind it open(2) itself would follow */
	assert_int_equal(refused("link", "symbolic link"), -ELOOP);
	{
		struct results results;

		assert_int_equal(create(&results, "link/"), -ELOOP);
		assert_int_equal(create(&results, "link/."), -ELOOP);
		assert_int_equal(create(&results, "link//./"), -ELOOP);
	}
	assert_int_equal(rmdir("target"), 0);
}

static void refuses_links_as_files(void **state)
{
	struct results results;

	(void)state;
	put("victim");
	assert_int_equal(create(&results, "out"), 0);
	assert_int_equal(symlink("../victim", "out/a.partial"), 0);
	assert_int_equal(symlink("../victim", "out/b"), 0);
	assert_int_equal(symlink("../unborn", "out/c.partial"), 0);
	assert_int_equal(results__write_text(&results, "a", "evil", 4), -EEXIST);
	assert_int_equal(results__write_text(&results, "b", "evil", 4), -EEXIST);
	assert_int_equal(results__write_text(&results, "c", "evil", 4), -EEXIST);
	assert_int_equal(results__write_text(&results, "../d", "evil", 4), -EINVAL);
	assert_int_equal(results__write_text(&results, "", "evil", 4), -EINVAL);
	assert_int_equal(results__write_text(&results, "..", "evil", 4), -EINVAL);
	holds("victim", "mine");
	assert_int_equal(access("unborn", F_OK), -1);
	assert_int_equal(access("out/b.partial", F_OK), -1);
	results__close(&results);
}

/* The folder is a descriptor: swapping its name for a link changes nothing. */
static void a_swapped_folder_is_harmless(void **state)
{
	struct results results;

	(void)state;
	assert_int_equal(mkdir("trap", 0700), 0);
	assert_int_equal(create(&results, "out"), 0);
	assert_int_equal(rename("out", "moved"), 0);
	assert_int_equal(symlink("trap", "out"), 0);
	assert_int_equal(chdir("trap"), 0);
	assert_int_equal(results__write_text(&results, "a", "text", 4), 0);
	assert_int_equal(chdir(".."), 0);
	holds("moved/a", "text");
	assert_false(results__discard_if_empty(&results));
	assert_int_equal(rmdir("trap"), 0);
	results__close(&results);
}

static void write_text_never_replaces(void **state)
{
	char name[300];
	struct results results;
	struct stat st;

	(void)state;
	assert_int_equal(create(&results, "out"), 0);
	assert_int_equal(results__write_text(&results, "a", "first", 5), 0);
	assert_int_equal(results__write_text(&results, "a", "second", 6), -EEXIST);
	holds("out/a", "first");
	assert_int_equal(stat("out/a", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(access("out/a.partial", F_OK), -1);
	assert_int_equal(results__write_text(&results, "empty", "", 0), 0);
	memset(name, 'n', sizeof(name));
	name[NAME_MAX] = '\0'; /* a legal name, but not with .partial behind it */
	assert_int_equal(results__write_text(&results, name, "x", 1), -ENAMETOOLONG);
	name[NAME_MAX - 8] = '\0';
	assert_int_equal(results__write_text(&results, name, "x", 1), 0);
	results__close(&results);
}

static void replace_file_takes_the_place_of_a_link(void **state)
{
	struct stat st;
	int dirfd, fd;

	(void)state;
	assert_int_equal(mkdir("folder", 0755), 0);
	dirfd = open("folder", O_RDONLY | O_DIRECTORY);
	assert_true(dirfd >= 0);
	assert_int_equal(symlink("../elsewhere", "folder/page"), 0);
	fd = results_file__start(dirfd, "page");
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "text", 4), 4);
	assert_int_equal(results_file__finish(dirfd, fd, "page"), -EEXIST);
	assert_int_equal(results_file__replace(dirfd, fd, "page"), 0);
	assert_int_equal(lstat("folder/page", &st), 0);
	assert_true(S_ISREG(st.st_mode) && st.st_size == 4);
	assert_int_equal(access("elsewhere", F_OK), -1);
	assert_int_equal(results_file__drop(dirfd, "page"), -ENOENT);
	assert_int_equal(results_file__replace(dirfd, fd, "../page"), -EINVAL);
	close(fd);
	close(dirfd);
}

static void empty_folder_is_discarded(void **state)
{
	struct results results;

	(void)state;
	assert_int_equal(create(&results, "out"), 0);
	assert_true(results__discard_if_empty(&results));
	assert_false(results__discard_if_empty(&results));
	results__close(&results);
	assert_int_equal(access("out", F_OK), -1);

	assert_int_equal(create(&results, "out"), 0);
	assert_int_equal(results__write_text(&results, "a", "", 0), 0);
	assert_false(results__discard_if_empty(&results));
	results__close(&results);
	assert_int_equal(access("out/a", F_OK), 0);

	assert_int_equal(mkdir("theirs", 0755), 0);
	assert_int_equal(create(&results, "theirs"), 0);
	assert_false(results__discard_if_empty(&results));
	results__close(&results);
	assert_int_equal(access("theirs", F_OK), 0);
}

static void owner(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_uid, uid);
	assert_int_equal(st.st_gid, gid);
}

static void belongs_to_who_called_sudo(void **state)
{
	struct results results;

	(void)state;
	if (geteuid() != 0)
		skip_for("only root can give files away");
	setenv("SUDO_UID", "1234", 1);
	setenv("SUDO_GID", "5678", 1);
	assert_int_equal(create(&results, NULL), 0);
	assert_int_equal(results__write_text(&results, "a", "x", 1), 0);
	assert_int_equal(fchdir(results.dirfd), 0);
	owner(".", 1234, 5678);
	owner("a", 1234, 5678);
	owner("..", 1234, 5678);
	results__close(&results);
	assert_int_equal(chdir(home), 0);

	assert_int_equal(mkdir("theirs", 0755), 0);
	assert_int_equal(create(&results, "theirs"), 0);
	owner("theirs", 0, 0);
	results__close(&results);
}

static void nonsense_in_sudo_uid_is_ignored(void **state)
{
	static const char *const bad[] = { "", "-1", "4294967295", "4294967296", "12x", " 12",
					   "0x10", "99999999999999999999999", "+5" };
	struct results results;
	char path[32];

	(void)state;
	if (geteuid() != 0)
		skip_for("only root can give files away");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setenv("SUDO_UID", bad[i], 1);
		setenv("SUDO_GID", "5678", 1);
		snprintf(path, sizeof(path), "out%zu", i);
		assert_int_equal(create(&results, path), 0);
		owner(path, 0, 0);
		results__close(&results);
	}
	setenv("SUDO_UID", "1234", 1);
	unsetenv("SUDO_GID");
	assert_int_equal(create(&results, "half"), 0);
	owner("half", 0, 0);
	results__close(&results);
}

static void a_full_disk_is_said_and_leaves_nothing(void **state)
{
	static char text[64 * 1024];
	struct results results;
	int err;

	(void)state;
	assert_int_equal(mkdir("disk", 0755), 0);
	if (mount("none", "disk", "tmpfs", 0, "size=8k"))
		skip_for("cannot mount a tmpfs: %s", strerror(errno));
	memset(text, 'x', sizeof(text));
	assert_int_equal(create(&results, "disk/out"), 0);
	err = results__write_text(&results, "report.txt", text, sizeof(text));
	results__explain(&results, "report.txt", err, why, sizeof(why));
	assert_true(results__discard_if_empty(&results)); /* so no file is left */
	results__close(&results);
	umount2("disk", MNT_DETACH);
	assert_int_equal(err, -ENOSPC);
	assert_non_null(strstr(why, "disk/out/report.txt: No space left"));
	assert_non_null(strstr(why, "-o"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(default_name_is_experiment_and_utc_time),
		TEST(same_second_gets_a_suffix),
		TEST(takes_an_empty_folder_and_trailing_slashes),
		TEST(refuses_what_is_not_an_empty_folder),
		TEST(refuses_a_link_as_folder),
		TEST(refuses_links_as_files),
		TEST(a_swapped_folder_is_harmless),
		TEST(write_text_never_replaces),
		TEST(replace_file_takes_the_place_of_a_link),
		TEST(empty_folder_is_discarded),
		TEST(belongs_to_who_called_sudo),
		TEST(nonsense_in_sudo_uid_is_ignored),
		TEST(a_full_disk_is_said_and_leaves_nothing),
	};

	return cmocka_run_group_tests_name("results", tests, NULL, NULL);
}
