// SPDX-License-Identifier: GPL-2.0-or-later
// Start, trace, wait, settle: the life of one run.
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"
#include "lock_search.h"
#include "log.h"
#include "machine.h"
#include "workload.h"
#include "../workloads/clock.h"

/* The tail of a workload's complaints is short; what it may print in all is not. */
#define COMPLAINT_SIZE 8192
#define OUTPUT_MAX (16 << 20)

/* How often the ring buffer of hand-offs is emptied. */
#define DRAIN_MS 20

/* How often a program of others is looked at for what it has mapped since. */
#define LOOK_MS 500

/* A window in the middle of things opens at a call at the lock, if one comes this soon. */
#define SETTLE_MS 50
#define PATIENCE_MS 200

/* One run under way. */
struct session {
	struct tracer *tracer;		/* NULL: untraced */
	const struct run_spec *spec;
	struct run *run;
	struct target target;
	struct lock_search search;	/* of a traced program that is not ours */
	int out_fd;			/* captured stdout and stderr of our own workloads */
	int err_fd;
	struct machine_times before;
	uint64_t went_ns;		/* let go, and reaped, by our own clock */
	uint64_t reaped_ns;
	struct ledger_bounds bounds;	/* of the window, by the workload's own clock */
};

static int fail(struct run *run, int err, const char *what)
{
	snprintf(run->error, sizeof(run->error), "%s: %s", what, strerror(-err));
	return err;
}

/* The end of a captured file, as text without the last newline. */
static void read_capture(int fd, char *text, size_t size)
{
	off_t end = lseek(fd, 0, SEEK_END), from = 0;
	ssize_t got;

	if (end > (off_t)size - 1)
		from = end - ((off_t)size - 1);
	got = pread(fd, text, size - 1, from);
	text[got > 0 ? got : 0] = '\0';
	while (got > 0 && text[got - 1] == '\n')
		text[--got] = '\0';
}

/* All of a captured file; free it. NULL: no memory, or far too much. */
static char *read_output(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char *text = end >= 0 && end <= OUTPUT_MAX ? malloc((size_t)end + 1) : NULL;
	ssize_t got;

	if (!text)
		return NULL;
	got = pread(fd, text, (size_t)end, 0);
	text[got > 0 ? got : 0] = '\0';
	return text;
}

/* What a workload printed goes into our message: nothing in it may drive a terminal. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = *text == '\n' ? ' ' : '?';
}

static int open_captures(struct session *session)
{
	session->out_fd = -1;
	session->err_fd = -1;
	if (!session->spec->own_workload)
		return 0;
	session->out_fd = memfd_create("stdout", MFD_CLOEXEC);
	session->err_fd = memfd_create("stderr", MFD_CLOEXEC);
	return session->out_fd < 0 || session->err_fd < 0 ? -errno : 0;
}

static void close_captures(struct session *session)
{
	if (session->out_fd >= 0)
		close(session->out_fd);
	if (session->err_fd >= 0)
		close(session->err_fd);
}

static void keep_handoff(const struct handoff_event *event, void *arg)
{
	struct run_handoffs *handoffs = arg;

	if (handoffs->count == handoffs->room) {
		size_t room = handoffs->room ? handoffs->room * 2 : 1024;
		void *events = realloc(handoffs->events, room * sizeof(*handoffs->events));

		if (!events) {
			handoffs->dropped++;
			return;
		}
		handoffs->events = events;
		handoffs->room = room;
	}
	handoffs->events[handoffs->count++] = *event;
}

/* Traced, and a program that knows nothing of us. */
static bool searches(const struct session *session)
{
	return session->tracer && !session->spec->announcer;
}

static void drain(struct session *session)
{
	if (session->tracer && session->spec->stream_handoffs)
		tracer__drain(session->tracer, keep_handoff, &session->run->handoffs);
}

static void on_news(void *arg)
{
	struct session *session = arg;

	lock_search__on_news(&session->search);
}

static void on_tick(void *arg)
{
	struct session *session = arg;

	drain(session);
	if (searches(session) && session->search.has_modules)
		lock_search__look_at_modules(&session->search, session->target.pid);
	if (session->spec->on_tick)
		session->spec->on_tick(session->spec->tick_arg);
}

static int attach(struct session *session)
{
	const struct tracer_run run = {
		.pid = session->target.pid,
		.announcer = session->spec->announcer,
		.any_program = searches(session),
		.stream_handoffs = session->spec->stream_handoffs,
	};

	if (!session->tracer)
		return 0;
	return tracer__attach(session->tracer, &run, session->run->error,
			      sizeof(session->run->error));
}

static int start(struct session *session)
{
	struct target_config config = session->spec->target;
	int err;

	if (session->spec->own_workload) {
		config.stdout_fd = session->out_fd;
		config.stderr_fd = session->err_fd;
	}
	err = target__start(&session->target, &config);
	if (err)
		return fail(session->run, err, "cannot start a process");
	err = attach(session);
	if (err) {
		target__kill(&session->target);
		return err;
	}
	session->before = machine__times();
	session->went_ns = clock_now_ns();
	err = target__go(&session->target);
	if (err) {
		fail(session->run, err, config.argv[0]);
		return -ECHILD;
	}
	return 0;
}

/* The shortest of the intervals that are wanted; 0: none is. */
static int tick_ms(const struct session *session)
{
	if (session->tracer && session->spec->stream_handoffs)
		return DRAIN_MS;
	if (session->spec->tick_ms || !searches(session))
		return session->spec->tick_ms;
	return LOOK_MS;
}

static struct target_watch watch_of(struct session *session)
{
	return (struct target_watch){
		.timeout_ms = session->spec->timeout_ms,
		.tick_ms = tick_ms(session),
		.on_tick = on_tick,
		.watch_fd = searches(session),
		.fd = searches(session) ? tracer__news_fd(session->tracer) : -1,
		.on_readable = on_news,
		.arg = session,
	};
}

static int wait_for_end(struct session *session)
{
	const struct run_spec *spec = session->spec;
	const struct target_watch watch = watch_of(session);
	enum target_end end = target__wait(&session->target, &watch);

	session->reaped_ns = clock_now_ns();
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

static uint64_t timeval_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_usec * 1000;
}

/* Of the whole program, by our clock and the kernel's figures. */
static void fill_usage(struct run_row *row, const struct session *session)
{
	const struct target *target = &session->target;
	const struct rusage *usage = &target->usage;

	/* Less what it was stopped for while we looked for its lock. */
	row->wall_ns = session->reaped_ns - session->went_ns - session->search.stopped_ns;
	row->exit_status = WIFSIGNALED(target->status) ? -WTERMSIG(target->status)
							: WEXITSTATUS(target->status);
	row->user_ns = timeval_ns(usage->ru_utime);
	row->sys_ns = timeval_ns(usage->ru_stime);
	row->switches_voluntary = (uint64_t)usage->ru_nvcsw;
	row->switches_involuntary = (uint64_t)usage->ru_nivcsw;
	row->faults_minor = (uint64_t)usage->ru_minflt;
	row->faults_major = (uint64_t)usage->ru_majflt;
	row->max_rss_bytes = (uint64_t)usage->ru_maxrss * 1024;
}

static void fill_report(struct run_row *row, const struct workload_report *report)
{
	row->wall_ns = report->wall_ns;
	row->user_ns = report->user_ns;
	row->sys_ns = report->sys_ns;
	row->switches_voluntary = report->switches_voluntary;
	row->switches_involuntary = report->switches_involuntary;
	row->faults_minor = report->faults_minor;
	row->faults_major = report->faults_major;
	row->max_rss_bytes = report->max_rss_bytes;
	row->handoffs = report->handoffs;
	row->acquisitions = report->acquisitions;
}

/* Did the workload do its task, and give back what it took? */
static int check_report(struct run *run, const struct workload_report *report)
{
	if (report->pairs != UINT64_MAX) {
		run->pairs = report->pairs;
		return 0;
	}
	if (report->tasks_done == UINT64_MAX)
		return 0;
	if (report->tasks_done != run->row.workers ||
	    report->objects_allocated != report->objects_freed) {
		snprintf(run->error, sizeof(run->error),
			 "the workload did %ld of %ld tasks, and freed %ld of %ld objects",
			 (long)report->tasks_done, (long)run->row.workers,
			 (long)report->objects_freed, (long)report->objects_allocated);
		return -ECHILD;
	}
	return 0;
}

/* Why it failed, in its own words. */
static int workload_failed(struct session *session)
{
	struct run *run = session->run;
	char text[COMPLAINT_SIZE];
	char how[64];

	read_capture(session->err_fd, text, sizeof(text));
	make_printable(text);
	target__describe(session->target.status, how, sizeof(how));
	snprintf(run->error, sizeof(run->error), "the workload %s%s%.300s", how, *text ? ": " : "",
		 text);
	return -ECHILD;
}

static int read_own_workload(struct session *session)
{
	struct run *run = session->run;
	struct workload_report report;

	if (session->target.status != 0)
		return workload_failed(session);
	run->output = read_output(session->out_fd);
	if (!run->output)
		return fail(run, -ENOMEM, "cannot read the workload's output");
	if (workload__parse(run->output, &report)) {
		make_printable(run->output);
		snprintf(run->error, sizeof(run->error),
			 "the workload printed no report that can be read: '%.100s'", run->output);
		return -ECHILD;
	}
	fill_report(&run->row, &report);
	session->bounds = (struct ledger_bounds){ report.wall_ns, report.wall_outer_ns };
	return check_report(run, &report);
}

static void fill_ledger(struct run *run, const struct trace *trace)
{
	const struct ledger *ledger = &run->ledger;
	struct run_row *row = &run->row;

	row->window_ns = ledger->window_ns;
	row->switches_voluntary = ledger->switches[VOLUNTARY];
	row->switches_involuntary = ledger->switches[INVOLUNTARY];
	row->migrations = ledger->migrations;
	if (ledger->has_lock) {
		row->acquisitions = ledger->acquisitions;
		row->handoffs = ledger->handoffs;
		row->handoffs_forced = ledger->handoffs_forced;
		row->releases = ledger->releases;
		row->half_seen = ledger->half_seen;
	}
	row->events_lost = ledger->events_lost;
	row->bpf_ns = trace->bpf_ns;
	row->arrivals_unseen = trace->arrivals_unseen;
	run->start_ns = trace->start_ns;
	memcpy(run->histogram, trace->histogram, sizeof(run->histogram));
	row->valid = ledger->valid;
	columns__set_text(row->reason, sizeof(row->reason), ledger->reason);
}

/* What is known of the lock of a program that knows nothing of us. */
static void fill_lock(struct session *session)
{
	struct run *run = session->run;
	const struct lock_search *search = &session->search;

	run->row.stopped_ns = search->stopped_ns;
	run->lock.found = search->found;
	if (search->found)
		run->lock.sites = search->sites;
	else if (search->err != -ENOENT)
		snprintf(run->lock.why, sizeof(run->lock.why), "%s", search->why);
	lock_search__name(search, run->row.lock, sizeof(run->row.lock));
}

static int settle_accounts(struct session *session, const struct trace *trace)
{
	struct run *run = session->run;
	int err = ledger__settle(trace, &session->bounds, &run->ledger);

	if (err)
		return err;
	fill_ledger(run, trace);
	if (!searches(session))
		return 0;
	fill_lock(session);
	return futexes__settle(trace, session->search.has_modules ? &session->search.modules : NULL,
			       &run->futexes);
}

/* What the tracer thinks of its own view of the lock. */
static void log_lock(const struct lock_record *lock)
{
	if (lock->called)
		log__debug("lock: %llu half seen, %llu lost claims, %llu repeated calls, %llu overlaps",
			   lock->half_seen, lock->lost_claims, lock->repeats, lock->overlaps);
}

static int settle(struct session *session)
{
	struct run *run = session->run;
	struct trace trace;
	int err = tracer__read(session->tracer, &trace);

	if (err)
		return fail(run, err, "cannot read the trace");
	log_lock(&trace.lock);
	err = settle_accounts(session, &trace);
	trace__free(&trace);
	if (run->handoffs.dropped) {
		run->row.valid = 0;
		columns__set_text(run->row.reason, sizeof(run->row.reason),
				  "hand-offs dropped: no memory to keep them");
	}
	return err ? fail(run, err, "cannot settle the ledger") : 0;
}

static void fill_machine(struct session *session)
{
	struct machine_times after = machine__times();
	struct run_row *row = &session->run->row;
	uint64_t busy = after.busy_ns - session->before.busy_ns;
	uint64_t own = timeval_ns(session->target.usage.ru_utime) +
		       timeval_ns(session->target.usage.ru_stime);

	row->steal_ns = after.steal_ns - session->before.steal_ns;
	row->other_cpu_ns = busy > own ? busy - own : 0;
}

/* What the kernel, the workload and the tracer know of it, once it has ended. */
static int account(struct session *session)
{
	int err = 0;

	session->run->row.valid = 1;
	fill_usage(&session->run->row, session);
	fill_machine(session);
	if (session->spec->own_workload)
		err = read_own_workload(session);
	if (!err && session->tracer)
		err = settle(session);
	return err;
}

/* Of a process that is not our child, the kernel tells us less. */
static int account_foreign(struct session *session)
{
	struct run_row *row = &session->run->row;

	row->valid = 1;
	row->wall_ns = session->reaped_ns - session->went_ns;
	fill_machine(session);
	row->other_cpu_ns = COLUMN_MISSING_U64;
	return settle(session);
}

/* The tracer ends up detached, and what it has is read. */
static void stop_tracing(struct session *session)
{
	if (!session->tracer)
		return;
	tracer__finish(session->tracer, session->target.pid == 0);
	drain(session);
	tracer__detach(session->tracer);
}

/* The functions that the user has named were never there, or cannot be used. */
static int check_search(struct session *session)
{
	const struct lock_search *search = &session->search;

	if (!searches(session) || !session->spec->lock.acquire || search->found)
		return 0;
	snprintf(session->run->error, sizeof(session->run->error), "%.500s", search->why);
	return -ECHILD;
}

/* After the start: whatever happens, the tracer ends up detached. */
static int see_through(struct session *session)
{
	int err = wait_for_end(session), account_err = 0;

	stop_tracing(session);
	account_err = check_search(session);
	if (!account_err && (!err || (err == -EINTR && session->spec->keep_interrupted)))
		account_err = account(session);
	return account_err ? account_err : err;
}

static struct session session_of(struct tracer *tracer, const struct run_spec *spec,
				 struct run *run)
{
	struct session session = { .tracer = tracer, .spec = spec, .run = run,
				   .bounds = { 0, UINT64_MAX } };

	lock_search__init(&session.search, tracer, &spec->lock);
	run->traced = tracer != NULL;
	run->row.traced = run->traced;
	run->error[0] = '\0';
	return session;
}

int run__once(struct tracer *tracer, const struct run_spec *spec, struct run *run)
{
	struct session session = session_of(tracer, spec, run);
	int err = open_captures(&session);

	if (err)
		fail(run, err, "cannot capture the workload's output");
	else
		err = start(&session);
	if (!err)
		err = see_through(&session);
	else if (tracer)
		tracer__detach(tracer);
	close_captures(&session);
	lock_search__free(&session.search);
	return err;
}

/* Let the waiters of the moment pass the lock, then open the window where it is certain. */
static int open_in_the_middle(struct session *session)
{
	const struct timespec settle = { .tv_nsec = SETTLE_MS * 1000000L };
	const struct timespec step = { .tv_nsec = 1000000 };
	int err = lock_search__in_running(&session->search, session->target.pid);

	if (err) {
		snprintf(session->run->error, sizeof(session->run->error), "%.500s",
			 session->search.why);
		return err;
	}
	if (session->search.found) {
		nanosleep(&settle, NULL);
		tracer__open_window(session->tracer, true);
		for (int ms = 0; ms < PATIENCE_MS && !tracer__window_is_open(session->tracer); ms++)
			nanosleep(&step, NULL);
	}
	tracer__open_window(session->tracer, false);
	session->before = machine__times();
	session->went_ns = clock_now_ns();
	return 0;
}

/* Until it ends, or the time is over, or Ctrl-C: each is a normal end here. */
static int watch_running(struct session *session)
{
	const struct target_watch watch = watch_of(session);
	int err = open_in_the_middle(session);

	if (err)
		return err;
	target__wait(&session->target, &watch);
	session->reaped_ns = clock_now_ns();
	return 0;
}

int run__attach(struct tracer *tracer, const struct run_spec *spec, pid_t pid, struct run *run)
{
	struct session session = session_of(tracer, spec, run);
	int err = target__join(&session.target, pid);

	if (err)
		return fail(run, err, "cannot watch the process");
	err = attach(&session);
	if (!err)
		err = watch_running(&session);
	stop_tracing(&session);
	if (!err)
		err = account_foreign(&session);
	target__kill(&session.target);
	lock_search__free(&session.search);
	return err;
}

void run__free(struct run *run)
{
	ledger__free(&run->ledger);
	futexes__free(&run->futexes);
	free(run->handoffs.events);
	free(run->output);
	run->output = NULL;
	run->handoffs = (struct run_handoffs){ 0 };
}
