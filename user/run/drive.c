// SPDX-License-Identifier: GPL-2.0-or-later
// Start, trace, wait, settle: the life of one run.
#include "run/drive.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/list.h"
#include "program/interpreter.h"
#include "base/interrupt.h"
#include "run/accounts.h"
#include "run/lock_news.h"
#include "timeline/format.h"
#include "include/clock.h"

/* Variables that are set for a program. */
#define ENVIRONMENT_MOST 16

/* A window in the middle of things opens at a call at the lock, if one comes this soon. */
#define SETTLE_MS 50
#define PATIENCE_MS 200

/* How often to look whether a program's exec has opened the window. */
#define OPENING_STEPS 400

int run_session__fail(struct run *run, int err, const char *what)
{
	snprintf(run->error, sizeof(run->error), "%s: %s", what, strerror(-err));
	return err;
}

bool run_session__samples(const struct run_session *session)
{
	return session->tracer && session->spec->symbolizer;
}

bool run_session__searches(const struct run_session *session)
{
	return session->tracer && !session->spec->announcer;
}

static int open_captures(struct run_session *session)
{
	session->out_fd = -1;
	session->err_fd = -1;
	if (!session->spec->own_workload)
		return 0;
	session->out_fd = memfd_create("stdout", MFD_CLOEXEC);
	session->err_fd = memfd_create("stderr", MFD_CLOEXEC);
	return session->out_fd < 0 || session->err_fd < 0 ? -errno : 0;
}

static void close_captures(struct run_session *session)
{
	if (session->out_fd >= 0)
		close(session->out_fd);
	if (session->err_fd >= 0)
		close(session->err_fd);
}

static int attach(struct run_session *session)
{
	const struct tracer_run run = {
		.pid = session->target.pid,
		.announcer = session->spec->announcer,
		.any_program = run_session__searches(session),
		.later = run_session__searches(session) && !session->spec->lock.none,
		.timeline = run_session__streams(session),
		.births = session->spec->births,
		.samples = run_session__samples(session),
		.sample_stacks = run_session__samples(session) && session->spec->python_frames,
	};
	int err;

	if (!session->tracer)
		return 0;
	err = run_session__open_timeline(session);
	if (!err)
		err = tracer__attach(session->tracer, &run, session->run->error,
				     sizeof(session->run->error));
	if (err || !run.any_program)
		return err;
	err = lock_news__listen(&session->search);
	return err ? run_session__fail(session->run, err, "cannot wait for news") : 0;
}

/* In place of "No such file", where the file is there and another is not. */
static int explain_exec(struct run *run, int err, const struct target_config *config)
{
	char why[RUN_ERROR_SIZE];

	if (err == -ENOENT && interpreter__is_missing(config->path, why, sizeof(why)))
		snprintf(run->error, sizeof(run->error), "%.200s: %.300s", config->argv[0], why);
	else
		run_session__fail(run, err, config->argv[0]);
	return -ECHILD;
}

/* Before what the arm itself sets: that one counts. */
static void ask_for_python_frames(struct target_config *config,
				  char *environment[ENVIRONMENT_MOST])
{
	static char ask[] = "PYTHONPERFSUPPORT=1";
	size_t count = 0;

	environment[count++] = ask;
	for (size_t i = 0; config->environment && config->environment[i] &&
	     count < ENVIRONMENT_MOST - 1; i++)
		environment[count++] = config->environment[i];
	environment[count] = NULL;
	config->environment = environment;
}

/* A pause between the two readings makes the bounds of the window wider, in either. */
static void note_went(struct run_session *session)
{
	session->went_ns = clock_now_ns();
	session->went_cut_ns = session->tracer ? tracer__cut_ns(session->tracer) : 0;
}

static void note_opened(struct run_session *session)
{
	session->opened_cut_ns = tracer__cut_ns(session->tracer);
	session->opened_ns = clock_now_ns();
}

/* For the bounds of the window: as soon as it is known to be open, if it ever is. */
static void note_opening(struct run_session *session)
{
	const struct timespec step = { .tv_nsec = 50000 };

	hold__await(&session->search.first);
	for (int n = 0; n < OPENING_STEPS && !tracer__window_is_open(session->tracer); n++)
		nanosleep(&step, NULL);
	if (tracer__window_is_open(session->tracer))
		note_opened(session);
}

/* Returns 0 or -errno of the exec. If its lock cannot be watched, it is held until it is killed. */
static int go(struct run_session *session)
{
	struct lock_search *search = &session->search;
	bool searches = run_session__searches(session);
	int err;

	if (searches)
		lock_search__before_exec(search, session->target.pid);
	if (searches)
		tracer__open_window(session->tracer, TRACER_OPENS_AT_EXEC);
	err = target__go(&session->target);
	if (err || !searches)
		return err;
	note_opening(session);
	lock_search__after_exec(search, session->target.pid);
	session->enough = lock_search__is_in_vain(search);
	if (!session->enough)
		lock_search__let_go(search);
	return 0;
}

static int start(struct run_session *session)
{
	struct target_config config = session->spec->target;
	char *environment[ENVIRONMENT_MOST];
	int err;

	if (run_session__samples(session) && session->spec->python_frames)
		ask_for_python_frames(&config, environment);
	if (session->spec->own_workload) {
		config.stdout_fd = session->out_fd;
		config.stderr_fd = session->err_fd;
	}
	err = target__start(&session->target, &config);
	if (err)
		return run_session__fail(session->run, err, "cannot start a process");
	err = attach(session);
	if (err) {
		target__kill(&session->target);
		return err;
	}
	quota_watch__begin(&session->quota, session->target.pid);
	session->before = machine__times();
	note_went(session);
	err = go(session);
	return err ? explain_exec(session->run, err, &config) : 0;
}

static void close_window(struct run_session *session)
{
	session->reaped_ns = clock_now_ns();
	if (session->tracer)
		tracer__close_window(session->tracer);
	session->closed_ns = clock_now_ns();
}

static int wait_for_end(struct run_session *session)
{
	const struct run_spec *spec = session->spec;
	const struct target_watch watch = run_session__watch(session);
	enum target_end end = target__wait(&session->target, &watch);

	close_window(session);
	session->after = machine__times();
	quota_watch__end(&session->quota);
	if (end == TARGET_INTERRUPTED)
		return -EINTR;
	if (end == TARGET_TIMED_OUT) {
		snprintf(session->run->error, sizeof(session->run->error),
			 "%s did not end within %.0f s and was killed; raise the limit with "
			 "--time-limit SECONDS if it is meant to take that long",
			 spec->target.argv[0], (double)spec->timeout_ms / 1000);
		return -ETIMEDOUT;
	}
	return 0;
}

/* The tracer ends up detached, and what it has is read. */
static void stop_tracing(struct run_session *session)
{
	if (!session->tracer)
		return;
	lock_search__stop(&session->search);
	tracer__finish(session->tracer, session->target.pid == 0);
	run_session__drain(session);
	run_session__drain_samples(session);
	tracer__detach(session->tracer);
}

/* The functions that the user has named were never there, or cannot be used. */
static int check_search(struct run_session *session)
{
	const struct lock_search *search = &session->search;

	if (!run_session__searches(session) || !session->spec->lock.acquire || search->found)
		return 0;
	snprintf(session->run->error, sizeof(session->run->error), "%.500s", search->why);
	return -ECHILD;
}

/* After the start: whatever happens, the tracer ends up detached. */
static int see_through(struct run_session *session)
{
	int err = wait_for_end(session), account_err = 0;

	stop_tracing(session);
	account_err = check_search(session);
	if (!account_err && (!err || (err == -EINTR && session->spec->keep_interrupted)))
		account_err = run_accounts__settle(session);
	return account_err ? account_err : err;
}

static struct run_session session_of(struct tracer *tracer, const struct run_spec *spec,
				 struct run *run)
{
	struct run_session session = { .tracer = tracer, .spec = spec, .run = run,
				   .bounds = { .high_ns = UINT64_MAX } };

	lock_search__init(&session.search, tracer, &spec->lock);
	run_samples__begin(&run->samples, tracer ? spec->symbolizer : NULL,
			   spec->target.user.drop ? spec->target.user.uid : geteuid());
	run->traced = tracer != NULL;
	run->row.traced = run->traced;
	run->error[0] = '\0';
	return session;
}

int run__once(struct tracer *tracer, const struct run_spec *spec, struct run *run)
{
	struct run_session session = session_of(tracer, spec, run);
	int err = open_captures(&session);

	if (err)
		run_session__fail(run, err, "cannot capture the workload's output");
	else
		err = start(&session);
	if (!err)
		err = see_through(&session);
	else if (tracer)
		tracer__detach(tracer);
	close_captures(&session);
	lock_search__free(&session.search);
	owners__free(&session.owners);
	quota_watch__free(&session.quota);
	return err;
}

/* For a time, or until the window is open. Whom we hold does not wait for the end of that. */
static void listen_for(struct run_session *session, int ms, bool opening)
{
	struct pollfd news = { .fd = lock_news__fd(&session->search), .events = POLLIN };
	uint64_t end = clock_now_ns() + (uint64_t)ms * 1000000;

	while (clock_now_ns() < end && !(opening && tracer__window_is_open(session->tracer)))
		if (poll(&news, 1, 1) > 0)
			lock_news__deal(&session->search);
}

/* Let the waiters of the moment pass the lock, then open the window where it is certain. */
static int open_in_the_middle(struct run_session *session)
{
	int err = lock_search__in_running(&session->search, session->target.pid);

	if (err) {
		snprintf(session->run->error, sizeof(session->run->error), "%.500s",
			 session->search.why);
		return err;
	}
	session->before = machine__times();
	if (session->search.found)
		listen_for(session, SETTLE_MS, false);
	note_went(session);
	if (session->search.found) {
		tracer__open_window(session->tracer, TRACER_OPENS_AT_CALL);
		listen_for(session, PATIENCE_MS, true);
	}
	quota_watch__begin(&session->quota, session->target.pid);
	tracer__open_window(session->tracer, TRACER_OPENS_NOW);
	note_opened(session);
	return 0;
}

/* Until it ends, or the time is over, or Ctrl-C: each is a normal end here. */
static int watch_running(struct run_session *session)
{
	const struct target_watch watch = run_session__watch(session);
	int err = open_in_the_middle(session);

	if (err)
		return err;
	target__wait(&session->target, &watch);
	close_window(session);
	session->after = machine__times();
	owners__look(&session->owners, session->tracer);
	quota_watch__end(&session->quota);
	return 0;
}

int run__attach(struct tracer *tracer, const struct run_spec *spec, pid_t pid, struct run *run)
{
	struct run_session session = session_of(tracer, spec, run);
	int err = target__join(&session.target, pid);

	if (err)
		return run_session__fail(run, err, "cannot watch the process");
	err = attach(&session);
	if (!err)
		err = watch_running(&session);
	stop_tracing(&session);
	if (!err)
		err = run_accounts__settle_foreign(&session);
	target__kill(&session.target);
	lock_search__free(&session.search);
	owners__free(&session.owners);
	quota_watch__free(&session.quota);
	return err;
}
