// SPDX-License-Identifier: GPL-2.0-or-later
// Signals that end an experiment early but cleanly.
#include "base/interrupt.h"

#include <stddef.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))
#define ENDING 3	/* of them: those that end us */

static volatile sig_atomic_t arrived;
static struct sigaction before[SIGNALS];
static sigset_t original, while_working;

static void on_signal(int signal)
{
	(void)signal;
	arrived = 1;
}

/*
 * Not SIGHUP under nohup(1); but SIGINT although a shell's job in the background ignores it: who
 * sends it to such a job means it. A reader that went away and a file-size limit are write errors,
 * not deaths.
 */
void interrupt__init(void)
{
	const struct sigaction end = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	sigemptyset(&while_working);
	for (size_t i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], NULL, &before[i]);
		if (i < ENDING)
			sigaddset(&while_working, signals[i]);
		if (signals[i] != SIGHUP || before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], i < ENDING ? &end : &ignore, NULL);
	}
	sigprocmask(SIG_BLOCK, &while_working, &original);
}

bool interrupt__pending(void)
{
	sigset_t waiting;

	if (arrived)
		return true;
	sigpending(&waiting);
	for (size_t i = 0; i < ENDING; i++)
		if (sigismember(&waiting, signals[i]) && sigismember(&while_working, signals[i]))
			return true;
	return false;
}

const sigset_t *interrupt__wait_mask(void)
{
	return &original;
}

void interrupt__restore(void)
{
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
	sigprocmask(SIG_SETMASK, &original, NULL);
}
