/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target - a program we start, hold before its exec, let go, and clean up after.
 *
 * It never runs with the loader's privileges unless asked to (target_user.h), and it dies with
 * the loader.
 */
#ifndef SWITCHTAX_TARGET_H
#define SWITCHTAX_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "program/target_user.h"

struct target_config {
	char *const *argv;
	const char *path;	/* file to execute; opened by us, so the user need not reach it */
	bool search_path;	/* execute argv[0] by PATH instead */
	const char *cpus;	/* list as 0-3,8; NULL: as we are */
	int cwd_fd;		/* a folder to start in; 0: where we are */
	int stdin_fd;		/* 0: ours */
	int stdout_fd;		/* given to the program */
	int stderr_fd;
	int inherit_fd;		/* also given, under the same number; 0: none */
	char *const *environment;	/* NAME=value on top of ours, ended by NULL; NULL: none */
	struct target_user user;
	bool own_group;		/* own process group, killed as a whole at the end */
};

struct target {
	pid_t pid;
	int pidfd;
	int go_fd;		/* closing it lets the child exec */
	int error_fd;		/* tells of the exec, and carries errno if it failed */
	uint64_t exec_ns;	/* when it was about to execute its program, by CLOCK_MONOTONIC; or 0 */
	bool own_group;
	bool foreign;		/* not our child: never killed, and its status stays unknown */
	int status;		/* as from wait4(2) */
	struct rusage usage;	/* of the program and its reaped children */
};

/* How a wait ended. */
enum target_end { TARGET_EXITED, TARGET_TIMED_OUT, TARGET_INTERRUPTED };

/* Fork; the child sleeps before its exec. Returns 0 or -errno. */
int target__start(struct target *target, const struct target_config *config);

/*
 * Let it exec. Returns 0, or -errno of the exec (the child is then reaped), or of
 * giving up privileges.
 */
int target__go(struct target *target);

/* A process that already runs. Returns 0, or -errno of pidfd_open(2). */
int target__join(struct target *target, pid_t pid);

/* What happens while it runs. */
struct target_watch {
	uint64_t timeout_ms;		/* 0: none */
	int tick_ms;			/* 0: never */
	void (*on_tick)(void *arg);
	bool watch_fd;			/* also call on_readable whenever fd is readable */
	int fd;
	void (*on_readable)(void *arg);
	bool watch_keys;		/* a tick comes at once when keys_fd is readable */
	int keys_fd;
	void (*before_end)(void *arg);	/* called before what is not foreign is killed; or NULL */
	const bool *enough;		/* set by a tick to end the wait, as when the time is over;
					 * NULL: never */
	void *arg;
};

/*
 * Wait until it ends, the time is over or a signal arrives. On a time-out or interrupt
 * everything left of it is killed and reaped; a program in our own process group
 * (own_group false) first gets two seconds to end by itself. A foreign one is left alone.
 */
enum target_end target__wait(struct target *target, const struct target_watch *watch);

/* Kill and reap what is left; for errors between start and wait. */
void target__kill(struct target *target);

/* "exited with status 3" or "killed by signal 9 (Killed)". */
void target__describe(int status, char *text, size_t size);

#endif
