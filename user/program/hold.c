// SPDX-License-Identifier: GPL-2.0-or-later
// A thread that traces a process, for as long as it is to stand still.
#include "program/hold.h"

#include <cap-ng.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "base/proctext.h"
#include "base/thread.h"
#include "program/unmoved.h"

/* How often to look whether it stands still, and how many times once somebody waits. */
#define STEP_NS 50000
#define EXEC_STEPS 20000
#define NOW_STEPS 4000

/* How often, and how many times, whether a program that was let go has executed another. */
#define FOLLOW_STEP_NS 1000000
#define FOLLOW_STEPS 1000

/* What a stop is, as waitid(2) has it: a signal, and an event above it. */
#define EVENT_OF(status)	((status) >> 8)
#define SIGNAL_OF(status)	((status) & 0x7f)

static void go_on_with(pid_t pid, int signal)
{
	ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)signal);
}

static bool stops_a_group(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* On the way to its exec it must not notice us: signals reach it, and stop it if they do. */
static bool has_executed(struct hold *hold, int status)
{
	int event = EVENT_OF(status), signal = SIGNAL_OF(status);

	if (event == PTRACE_EVENT_EXEC)
		return true;
	if (event == PTRACE_EVENT_STOP && stops_a_group(signal))
		ptrace(PTRACE_LISTEN, hold->pid, NULL, NULL);
	else
		go_on_with(hold->pid, event ? 0 : signal);
	return false;
}

/* It has stopped for us; or for a signal, which is to be delivered when it goes on. */
static bool stands_still(struct hold *hold, int status)
{
	hold->signal = EVENT_OF(status) ? 0 : SIGNAL_OF(status);
	return true;
}

/* 1: it stands still; 0: not yet; -errno: it never will. Leaves its exit status to others. */
static int look(struct hold *hold)
{
	siginfo_t info = { .si_pid = 0 };
	char state;

	if (waitid(P_PID, (id_t)hold->pid, &info, WSTOPPED | WNOHANG | __WALL))
		return -errno;
	if (info.si_pid)
		return hold->at_exec ? has_executed(hold, info.si_status)
				     : stands_still(hold, info.si_status);
	state = proctext__state(hold->pid);
	return !state || state == 'Z' || state == 'X' ? -ESRCH : 0;
}

static int wait_for_stop(struct hold *hold)
{
	int left = hold->at_exec && !hold->follows ? EXEC_STEPS : NOW_STEPS;
	int follow = FOLLOW_STEPS;
	int got = look(hold);

	while (!got && left && follow) {
		bool awaited = atomic_load(&hold->awaited), slowly = hold->follows && !awaited;
		const struct timespec step = { .tv_nsec = slowly ? FOLLOW_STEP_NS : STEP_NS };

		nanosleep(&step, NULL);
		left -= awaited;
		follow -= slowly;
		got = look(hold);
	}
	return got < 0 ? got : got ? 0 : -ETIMEDOUT;
}

static int seize(struct hold *hold)
{
	uintptr_t options = hold->at_exec ? PTRACE_O_TRACEEXEC : 0;

	if (ptrace(PTRACE_SEIZE, hold->pid, NULL, (void *)options))
		return -errno;
	if (!hold->at_exec)
		ptrace(PTRACE_INTERRUPT, hold->pid, NULL, NULL);
	return 0;
}

static void wait_for(sem_t *sign)
{
	while (sem_wait(sign))
		;
}

/* If it does not stand still, the end of this thread is the end of the tracing. */
static void *keep(void *arg)
{
	struct hold *hold = arg;

	wait_for(&hold->asked);
	if (!hold->pid)
		return NULL;
	hold->err = seize(hold);
	sem_post(&hold->seized);
	if (hold->urgent)
		urgent__end(&hold->later);
	for (;;) {
		if (!hold->err)
			hold->err = wait_for_stop(hold);
		hold->unmoved = !hold->err && unmoved(hold->pid);
		sem_post(&hold->still);
		if (hold->err)
			return NULL;
		wait_for(&hold->over);
		if (!hold->follows)
			break;
		go_on_with(hold->pid, 0);
	}
	ptrace(PTRACE_DETACH, hold->pid, NULL, (void *)(intptr_t)hold->signal);
	return NULL;
}

static void free_signs(struct hold *hold)
{
	sem_destroy(&hold->asked);
	sem_destroy(&hold->seized);
	sem_destroy(&hold->still);
	sem_destroy(&hold->over);
}

static int make_ready(struct hold *hold)
{
	int err;

	if (hold->ready)
		return 0;
	sem_init(&hold->asked, 0, 0);
	sem_init(&hold->seized, 0, 0);
	sem_init(&hold->still, 0, 0);
	sem_init(&hold->over, 0, 0);
	err = thread__start(&hold->thread, keep, hold);
	hold->ready = !err;
	if (err)
		free_signs(hold);
	return err;
}

static int start(struct hold *hold)
{
	int err = make_ready(hold);

	if (err)
		return err;
	hold->begun = true;
	sem_post(&hold->asked);
	wait_for(&hold->seized);
	return 0;
}

/* A tracer without this capability takes the privileges from what its tracee executes. */
static bool may_trace_all(void)
{
	return capng_get_caps_process() == 0 &&
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_PTRACE);
}

int hold__at_exec(struct hold *hold, pid_t pid)
{
	int err;

	*hold = (struct hold){ .pid = pid, .at_exec = true };
	if (!may_trace_all())
		return -EPERM;
	err = start(hold);
	if (err || !hold->err)
		return err;
	err = hold->err;
	hold__end(hold);
	return err;
}

bool hold__await(struct hold *hold)
{
	if (!hold->begun)
		return false;
	if (!hold->stands) {
		atomic_store(&hold->awaited, true);
		wait_for(&hold->still);
		hold->stands = true;
	}
	return hold->err == 0;
}

int hold__prepare(struct hold *hold, const struct urgency *later)
{
	struct urgency own;
	int err;

	*hold = (struct hold){ .urgent = true, .later = *later };
	urgent__begin(&own);
	err = make_ready(hold);
	urgent__end(&own);
	return err;
}

int hold__soon(struct hold *hold, pid_t pid)
{
	hold->pid = pid;
	atomic_store(&hold->awaited, true);
	return start(hold);
}

void hold__follow(struct hold *hold)
{
	if (!hold__await(hold))
		return;
	hold->follows = true;
	hold->stands = false;
	atomic_store(&hold->awaited, false);
	sem_post(&hold->over);
}

bool hold__is_over(struct hold *hold)
{
	if (!hold->begun || hold->stands || sem_trywait(&hold->still))
		return false;
	hold->stands = true;
	return hold->err != 0;
}

void hold__end(struct hold *hold)
{
	if (!hold->ready)
		return;
	if (hold->begun)
		hold__await(hold);
	else
		sem_post(&hold->asked);
	hold->follows = false;
	sem_post(&hold->over);
	pthread_join(hold->thread, NULL);
	free_signs(hold);
	hold->begun = hold->ready = false;
}
