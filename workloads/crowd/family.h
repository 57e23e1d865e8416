/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A handful of child processes that end together: when one fails the others are killed, and
 * when the parent dies, however it does, so do they (prctl(2), PR_SET_PDEATHSIG).
 */
#ifndef SWITCHTAX_FAMILY_H
#define SWITCHTAX_FAMILY_H

#include <stdint.h>
#include <sys/types.h>

#define FAMILY_MAX 64

struct family {
	pid_t pids[FAMILY_MAX];		/* 0: has ended */
	uint32_t count;
	uint32_t killed;		/* by SIGKILL from their own hand, as they were meant to */
};

/*
 * Start one more child that runs work(arg, index) and ends with what it returns (0 or -errno);
 * index counts from 0. To be called by the main thread. Returns 0 or -errno.
 */
int family_start(struct family *family, int (*work)(void *arg, uint32_t index), void *arg);

/*
 * Wait until all have ended; may_die children may be killed by a SIGKILL without that being a
 * failure. Returns 0 or the -errno of the first that failed (-ECHILD: killed by a signal).
 */
int family_wait(struct family *family, uint32_t may_die);

/* Kill and bury those that still live. */
void family_kill(struct family *family);

/* Zeroed memory that parent and children share; NULL with errno set. */
void *family_memory(size_t bytes);
void family_forget(void *memory, size_t bytes);

#endif
