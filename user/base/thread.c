// SPDX-License-Identifier: GPL-2.0-or-later
// A thread has the signal mask of the one that makes it.
#include "base/thread.h"

#include <signal.h>

int thread__start(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = -pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}
