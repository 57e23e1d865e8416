/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hold - lets a process stand still for a moment, and dies with us.
 *
 * By ptrace, from a thread of its own: the kernel lets go of whatever a tracer holds, or is about
 * to hold, when that thread ends, and so also when we are killed. The parent of the process is told
 * nothing, and the process gets every signal that comes meanwhile. No SIGSTOP: that would outlive
 * us, and a parent that waits with WUNTRACED would see it.
 */
#ifndef SWITCHTAX_HOLD_H
#define SWITCHTAX_HOLD_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/urgent.h"

struct hold {
	pid_t pid;
	bool at_exec;
	bool urgent;		/* its thread comes before others until it has asked, ... */
	struct urgency later;	/* ... and then is like this */
	bool ready;		/* there is such a thread */
	bool begun;		/* else there is nothing to end */
	bool follows;		/* let go, until its next exec */
	bool stands;		/* has been waited for */
	bool unmoved;		/* ... and had executed nothing yet, since it was made or its exec */
	int err;
	int signal;		/* to be given to it when it goes on */
	pthread_t thread;
	sem_t asked;
	sem_t seized;
	sem_t still;
	sem_t over;
	atomic_bool awaited;	/* somebody waits: not for ever */
};

/*
 * A child of ours that has not executed anything yet: hold it when it has, before the first
 * instruction of the program. Returns 0 or -errno: somebody else traces it, or we may not, or it
 * could not gain privileges by its exec then.
 */
int hold__at_exec(struct hold *hold, pid_t pid);

/* Does it stand still now? Waits for it, a second at most, after the exec is under way. */
bool hold__await(struct hold *hold);

/*
 * Let it go on, and hold it when it executes something again, as env(1) does; then hold__await()
 * once more. For a second: then it is left alone.
 */
void hold__follow(struct hold *hold);

/* Has it been left alone since, or has it ended? Never waits. */
bool hold__is_over(struct hold *hold);

/*
 * Have a thread ready for hold__soon(): making one takes memory, and so its time while others are
 * busy with that. It comes before others, until it has asked; later: and how it goes on then. Returns 0
 * or -errno.
 */
int hold__prepare(struct hold *hold, const struct urgency *later);

/*
 * Any process runs no further than it must, from here on; whether it stands still hold__await()
 * says (asleep in the kernel it does not, soon). hold: prepared, or zeros. Returns 0, or -errno if nothing
 * has begun.
 */
int hold__soon(struct hold *hold, pid_t pid);

/* Let go of it, in whatever state it is, and of a thread that is ready. */
void hold__end(struct hold *hold);

#endif
