// SPDX-License-Identifier: GPL-2.0-or-later
// Signals that end an experiment early but cleanly.
#include "interrupt.h"

#include <stddef.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t arrived;
static sigset_t original, while_working;

static void on_signal(int signal)
{
	(void)signal;
	arrived = 1;
}

void interrupt__init(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigemptyset(&while_working);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaddset(&while_working, signals[i]);
		sigaction(signals[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &while_working, &original);
	/* A reader that went away and a file-size limit are write errors, not deaths. */
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGXFSZ, &action, NULL);
}

bool interrupt__pending(void)
{
	sigset_t waiting;

	if (arrived)
		return true;
	sigpending(&waiting);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
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
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigprocmask(SIG_SETMASK, &original, NULL);
}
