// SPDX-License-Identifier: GPL-2.0-or-later
// Starting a program without lending it our privileges, and ending it for sure.
#include "program/target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cpulist.h"
#include "base/interrupt.h"
#include "include/clock.h"
#include "base/limits.h"
#include "program/path.h"

/* What a program gets to end by itself after Ctrl-C. */
#define GRACE_MS 2000

#ifndef CLOSE_RANGE_CLOEXEC	/* since Linux 5.11 */
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

/* glibc has close_range() since 2.34. */
static void close_others_at_exec(void)
{
	syscall(__NR_close_range, STDERR_FILENO + 1U, UINT_MAX, CLOSE_RANGE_CLOEXEC);
}

/* In the child: everything that must be true before exec. Returns 0 or -errno. */
static int prepare(const struct target_config *config, pid_t parent, int go_fd)
{
	char byte;

	if (config->own_group)
		setpgid(0, 0);
	if (config->cpus) {
		int err = cpulist__apply(config->cpus);

		if (err)
			return err;
	}
	if (config->cwd_fd && fchdir(config->cwd_fd))
		return -errno;
	dup2(config->stdin_fd, STDIN_FILENO);
	dup2(config->stdout_fd, STDOUT_FILENO);
	dup2(config->stderr_fd, STDERR_FILENO);
	for (size_t i = 0; config->environment && config->environment[i]; i++)
		putenv(config->environment[i]);
	interrupt__restore();
	close_others_at_exec();
	if (config->inherit_fd && fcntl(config->inherit_fd, F_SETFD, 0))
		return -errno;
	while (read(go_fd, &byte, 1) < 0 && errno == EINTR)
		;
	return prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent ? -ECHILD : 0;
}

/*
 * By PATH, as the user has it. Unlike execvp(3), which hands what is no program to a shell:
 * then that shell would be measured.
 */
static int execute_by_name(char *const *argv)
{
	char path[PATH_MAX];
	int err = path__find(argv[0], path, sizeof(path));

	if (err)
		return err;
	limits__restore();
	execve(path, argv, environ);
	return -errno;
}

/* What a child says: that it is about to execute its program, and when; or why it cannot. */
struct word {
	uint64_t ns;
	int err;
};

static bool say(int fd, int err)
{
	const struct word word = { .ns = clock_now_ns(), .err = err };

	return write(fd, &word, sizeof(word)) == sizeof(word);
}

/*
 * The identity goes last before exec; PDEATHSIG is cleared by a change of identity,
 * hence set again. A file given by path is opened before, as ourselves.
 */
static int run_program(const struct target_config *config, pid_t parent, int go_fd, int word_fd)
{
	int fd = -1, err = prepare(config, parent, go_fd);

	if (err)
		return err;
	if (!config->search_path) {
		fd = open(config->path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
	}
	err = target_user__become(&config->user);
	if (err)
		return err;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	say(word_fd, 0);
	if (config->search_path)
		return execute_by_name(config->argv);
	limits__restore();
	fexecve(fd, config->argv, environ);
	return -errno;
}

static void child(const struct target_config *config, pid_t parent, int go_fd, int error_fd)
{
	int err = run_program(config, parent, go_fd, error_fd);

	_exit(say(error_fd, err) ? 127 : 126);
}

static void close_pipe(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

int target__start(struct target *target, const struct target_config *config)
{
	int go[2], error[2], err;
	pid_t parent = getpid();

	*target = (struct target){ .pidfd = -1, .own_group = config->own_group };
	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(error, O_CLOEXEC)) {
		err = -errno;
		close_pipe(go);
		return err;
	}
	target->pid = fork();
	if (target->pid == 0) {
		close(go[1]);
		close(error[0]);
		child(config, parent, go[0], error[1]);
	}
	err = target->pid < 0 ? -errno : 0;
	close(go[0]);
	close(error[1]);
	target->go_fd = go[1];
	target->error_fd = error[0];
	if (err) {
		close(go[1]);
		close(error[0]);
		return err;
	}
	if (config->own_group)
		setpgid(target->pid, target->pid);
	target->pidfd = (int)syscall(SYS_pidfd_open, target->pid, 0);
	if (target->pidfd < 0) {
		err = -errno;
		target__kill(target);
	}
	return err;
}

int target__join(struct target *target, pid_t pid)
{
	*target = (struct target){ .pid = pid, .go_fd = -1, .error_fd = -1, .foreign = true };
	target->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	return target->pidfd < 0 ? -errno : 0;
}

static void reap(struct target *target)
{
	while (!target->foreign &&
	       wait4(target->pid, &target->status, 0, &target->usage) < 0 && errno == EINTR)
		;
	if (target->own_group)
		kill(-target->pid, SIGKILL);	/* children it left behind */
	target->pid = 0;
	close(target->pidfd);
	target->pidfd = -1;
}

int target__go(struct target *target)
{
	struct word word = { .err = 0 };
	ssize_t got;

	close(target->go_fd);
	target->go_fd = -1;
	do {
		got = read(target->error_fd, &word, sizeof(word));
		if (got == sizeof(word) && !word.err)
			target->exec_ns = word.ns;
	} while ((got == sizeof(word) && !word.err) || (got < 0 && errno == EINTR));
	close(target->error_fd);
	target->error_fd = -1;
	if (got == 0)
		return 0;
	reap(target);
	return got == sizeof(word) ? word.err : -EIO;
}

void target__kill(struct target *target)
{
	if (target->pid <= 0)
		return;
	if (target->foreign) {
		reap(target);
		return;
	}
	kill(target->own_group ? -target->pid : target->pid, SIGKILL);
	kill(target->pid, SIGKILL);
	if (target->go_fd >= 0)
		close(target->go_fd);
	if (target->error_fd >= 0)
		close(target->error_fd);
	target->go_fd = -1;
	target->error_fd = -1;
	reap(target);
}

static uint64_t now_ms(void)
{
	return clock_now_ns() / NSEC_PER_MSEC;
}

/* What a wait was ended by; neither: a signal, or the time is over. */
struct woken {
	bool ended;
	bool readable;
	bool keys;		/* somebody has typed something, or ... */
	bool hung_up;		/* ... nobody will any more */
};

static struct woken sleep_until(const struct target *target, const struct target_watch *watch,
				uint64_t ms, const sigset_t *mask)
{
	struct pollfd fds[3] = { { .fd = target->pidfd, .events = POLLIN },
				 { .fd = watch && watch->watch_fd ? watch->fd : -1,
				   .events = POLLIN },
				 { .fd = watch && watch->watch_keys ? watch->keys_fd : -1,
				   .events = POLLIN } };
	struct timespec wait = clock_timespec(ms * NSEC_PER_MSEC);
	struct woken woken = { false, false, false, false };

	if (ppoll(fds, 3, ms == UINT64_MAX ? NULL : &wait, mask) <= 0)
		return woken;
	woken.ended = fds[0].revents != 0;
	woken.readable = fds[1].revents != 0;
	woken.keys = fds[2].revents != 0;
	woken.hung_up = (fds[2].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
	return woken;
}

/* Until the next tick or the deadline, whichever comes first. */
static uint64_t next_wait_ms(uint64_t deadline, uint64_t now, int tick_ms)
{
	uint64_t left = deadline ? deadline - now : UINT64_MAX;

	return tick_ms && (uint64_t)tick_ms < left ? (uint64_t)tick_ms : left;
}

/* In our own group it gets the Ctrl-C too, and may be gone before we look at ours. */
static bool ended_by_interrupt(const struct target *target)
{
	if (target->own_group || target->foreign)
		return false;
	return interrupt__pending() ||
	       (WIFSIGNALED(target->status) && WTERMSIG(target->status) == SIGINT);
}

/* Until it ends or must be ended. */
static enum target_end watch_it(struct target *target, const struct target_watch *watch)
{
	uint64_t deadline = watch->timeout_ms ? now_ms() + watch->timeout_ms : 0;
	uint64_t ticked = now_ms();

	for (;;) {
		uint64_t now = now_ms();
		struct woken woken;

		if (interrupt__pending())
			return TARGET_INTERRUPTED;
		if ((deadline && now >= deadline) || (watch->enough && *watch->enough))
			return TARGET_TIMED_OUT;
		woken = sleep_until(target, watch, next_wait_ms(deadline, now, watch->tick_ms),
				    interrupt__wait_mask());
		if (woken.readable)
			watch->on_readable(watch->arg);
		if (woken.ended)
			return TARGET_EXITED;
		if (woken.hung_up)
			return TARGET_INTERRUPTED;
		/* There may be something to read more often than every tick. */
		if (!watch->on_tick ||
		    (woken.readable && !woken.keys &&
		     now_ms() < ticked + (uint64_t)watch->tick_ms))
			continue;
		watch->on_tick(watch->arg);
		ticked = now_ms();
	}
}

enum target_end target__wait(struct target *target, const struct target_watch *watch)
{
	enum target_end end = watch_it(target, watch);

	if (end != TARGET_EXITED && !target->foreign && watch->before_end)
		watch->before_end(watch->arg);
	/* In our own process group it got the Ctrl-C too: let it end in its own way. */
	if (end == TARGET_INTERRUPTED && !target->own_group && !target->foreign) {
		kill(target->pid, SIGTERM);
		sleep_until(target, NULL, GRACE_MS, NULL);
	}
	if (end != TARGET_EXITED) {
		target__kill(target);
		return end;
	}
	reap(target);
	return ended_by_interrupt(target) ? TARGET_INTERRUPTED : TARGET_EXITED;
}

void target__describe(int status, char *text, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(text, size, "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(text, size, "exited with status %d", WEXITSTATUS(status));
}
