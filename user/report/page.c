// SPDX-License-Identifier: GPL-2.0-or-later
// Runs analysis/ on a results folder and gives its output a name.
#define _GNU_SOURCE 1
#include "report/page.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "results/file.h"
#include "program/target.h"
#include "program/workload.h"

/* Debian's own: it has the packages, another one that comes first in PATH may not. */
#define PYTHON "/usr/bin/python3"
#define PACKAGES "python3-pandas python3-jinja2 python3-plotly python3-matplotlib"
/* Some seconds are usual, more for a long timeline on a busy machine. */
#define TIME_LIMIT_S 180

/* What analysis/__main__.py ends with; 1 and 2 are Python's own, of its errors. */
enum {
	ANALYSIS_DONE = 0,
	ANALYSIS_LACKS_PACKAGES = 3,
	ANALYSIS_REFUSED = 4,
	ANALYSIS_NO_RESULTS = 5,
};

struct page {
	int dirfd;
	const char *folder;
	char analysis[PATH_MAX];
	char switchtax[PATH_MAX];
	int null_fd;
	int said_fd;		/* what it says on stderr */
	int fd;			/* the page, until it has its name */
	char *why;
};

bool page__wanted(void)
{
	const char *asked = getenv("SWITCHTAX_ANALYSIS");

	return !asked || *asked;
}

static bool is_analysis(const char *folder)
{
	char path[PATH_MAX + 16];
	struct stat status;

	snprintf(path, sizeof(path), "%s/__main__.py", folder);
	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* Installed, beside build/ of a checkout, or beside the build folder of a sanitizer in it. */
static int find_analysis(char *path, size_t size)
{
	static const char *const places[] = { "/../share/switchtax/analysis", "/../analysis",
					      "/../../analysis" };
	const char *asked = getenv("SWITCHTAX_ANALYSIS");
	char own[PATH_MAX];
	int err;

	if (asked) {
		snprintf(path, size, "%s", asked);
		return is_analysis(path) ? 0 : -ENOPKG;
	}
	err = workload__own_folder(own, sizeof(own));
	for (size_t i = 0; !err && i < sizeof(places) / sizeof(places[0]); i++) {
		int length = snprintf(path, size, "%s%s", own, places[i]);

		if (length > 0 && (size_t)length < size && is_analysis(path))
			return 0;
	}
	return err ? err : -ENOPKG;
}

static int fail(const struct page *page, int err, const char *what)
{
	snprintf(page->why, PAGE_WHY_SIZE, "%s: %s", what, strerror(-err));
	return err;
}

/* Another one at work, or one that was killed before it could clean up, comes to the same. */
static int fail_file(const struct page *page, int err)
{
	if (err == -EEXIST)
		snprintf(page->why, PAGE_WHY_SIZE, "%s/" PAGE_FILE " or " PAGE_FILE ".partial "
			 "exists; remove it, or see who else writes it", page->folder);
	else
		snprintf(page->why, PAGE_WHY_SIZE, "%s/" PAGE_FILE ": %s", page->folder,
			 strerror(-err));
	return err;
}

/* The last line that it said, the reason, in characters that do not drive a terminal. */
static void read_said(const struct page *page, char *text, size_t size)
{
	off_t end = lseek(page->said_fd, 0, SEEK_END);
	off_t from = end >= (off_t)size ? end - (off_t)size + 1 : 0;
	ssize_t got = pread(page->said_fd, text, size - 1, from);
	char *line;

	text[got > 0 ? got : 0] = '\0';
	while (got > 0 && text[got - 1] == '\n')
		text[--got] = '\0';
	line = strrchr(text, '\n');
	if (line)
		memmove(text, line + 1, strlen(line));
	text__tame(text, '?');
}

static int judge_status(const struct page *page, int status)
{
	char said[PAGE_WHY_SIZE - 256], how[128];
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (code == ANALYSIS_DONE)
		return 0;
	read_said(page, said, sizeof(said));
	if (code == ANALYSIS_LACKS_PACKAGES) {
		snprintf(page->why, PAGE_WHY_SIZE, "a page needs packages that are missing: %s",
			 said);
		return -ENOPKG;
	}
	if (code == ANALYSIS_REFUSED || code == ANALYSIS_NO_RESULTS) {
		snprintf(page->why, PAGE_WHY_SIZE, "%s: %s", page->folder, said);
		return code == ANALYSIS_REFUSED ? -EBADMSG : -ENOENT;
	}
	target__describe(status, how, sizeof(how));
	snprintf(page->why, PAGE_WHY_SIZE, "%s: analysis %s%s%s", page->folder, how,
		 *said ? ": " : "", said);
	return -EBADMSG;
}

static int wait_for(const struct page *page, struct target *target)
{
	const struct target_watch watch = { .timeout_ms = TIME_LIMIT_S * 1000ULL };

	switch (target__wait(target, &watch)) {
	case TARGET_EXITED: return judge_status(page, target->status);
	case TARGET_INTERRUPTED:
		snprintf(page->why, PAGE_WHY_SIZE, "interrupted; there is no new " PAGE_FILE);
		return -EINTR;
	case TARGET_TIMED_OUT: break;
	}
	snprintf(page->why, PAGE_WHY_SIZE, "%s: the page was not done after %d s", page->folder,
		 TIME_LIMIT_S);
	return -ETIME;
}

static int fail_start(const struct page *page, int err)
{
	if (err != -ENOENT)
		return fail(page, err, PYTHON);
	snprintf(page->why, PAGE_WHY_SIZE, "a page needs " PYTHON ", which is missing; apt-get "
		 "install python3 " PACKAGES);
	return -ENOPKG;
}

/*
 * -I: nothing of the user's environment or folders; -B: leave no compiled files. With what it
 * starts it is a process group of its own, which ends as a whole.
 */
static int run_analysis(struct page *page)
{
	char name[PATH_MAX + 16];
	char *argv[] = { (char *)PYTHON, (char *)"-I", (char *)"-B", page->analysis, name,
			 (char *)"--switchtax", page->switchtax, NULL };
	struct target_config config = {
		.argv = argv,
		.path = PYTHON,
		.cwd_fd = page->dirfd,
		.stdin_fd = page->null_fd,
		.stdout_fd = page->fd,
		.stderr_fd = page->said_fd,
		.user = target_user__find(false),
		.own_group = true,
	};
	struct target target;
	int err;

	snprintf(name, sizeof(name), "--name=%s", page->folder);
	config.user.confined = config.user.drop;
	err = target__start(&target, &config);
	if (!err)
		err = target__go(&target);
	return err ? fail_start(page, err) : wait_for(page, &target);
}

static int publish(struct page *page, bool replace)
{
	int err;

	page->fd = results_file__start(page->dirfd, PAGE_FILE);
	if (page->fd < 0)
		return fail_file(page, page->fd);
	err = run_analysis(page);
	if (!err) {
		err = replace ? results_file__replace(page->dirfd, page->fd, PAGE_FILE) :
				results_file__finish(page->dirfd, page->fd, PAGE_FILE);
		if (err)
			fail_file(page, err);
	}
	if (err)
		results_file__drop(page->dirfd, PAGE_FILE);
	close(page->fd);
	return err;
}

static int find_programs(struct page *page)
{
	ssize_t length = readlink("/proc/self/exe", page->switchtax,
				  sizeof(page->switchtax) - 1);

	if (length < 0)
		return fail(page, -errno, "/proc/self/exe");
	page->switchtax[length] = '\0';
	if (!find_analysis(page->analysis, sizeof(page->analysis)))
		return 0;
	snprintf(page->why, PAGE_WHY_SIZE, "a page needs switchtax's folder analysis/, which is "
		 "not installed; `make install` does that (or SWITCHTAX_ANALYSIS says where it is)");
	return -ENOPKG;
}

/* Its exit status is 0 if all modules named are there. */
static int look_for_packages(void)
{
	static const char code[] = "import importlib.util as u, sys\n"
				   "sys.exit(not all(u.find_spec(m) for m in sys.argv[1:]))";
	char *const argv[] = { (char *)PYTHON, (char *)"-I", (char *)"-c", (char *)code,
			       (char *)"pandas", (char *)"jinja2", (char *)"plotly",
			       (char *)"matplotlib", NULL };
	char *const environment[] = { NULL };
	int status;
	pid_t pid;

	if (posix_spawn(&pid, PYTHON, NULL, NULL, argv, environment))
		return -ENOPKG;
	if (waitpid(pid, &status, 0) != pid || status)
		return -ENOPKG;
	return 0;
}

int page__check(char *why)
{
	struct page page = { .why = why };
	int err = find_programs(&page);

	if (err)
		return err;
	err = look_for_packages();
	if (err)
		snprintf(why, PAGE_WHY_SIZE, "apt-get install python3 " PACKAGES);
	return err;
}

int page__make(int dirfd, const char *folder, bool replace, char *why)
{
	struct page page = { .dirfd = dirfd, .folder = folder, .why = why };
	int err = find_programs(&page);

	if (err)
		return err;
	page.null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	page.said_fd = memfd_create("analysis", MFD_CLOEXEC);
	err = page.null_fd < 0 || page.said_fd < 0 ? fail(&page, -errno, "/dev/null or memory") :
						     publish(&page, replace);
	if (page.null_fd >= 0)
		close(page.null_fd);
	if (page.said_fd >= 0)
		close(page.said_fd);
	return err;
}
