// SPDX-License-Identifier: GPL-2.0-or-later
// Settles the accounts of a run that has ended.
#include "run/accounts.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "run/disturbed.h"
#include "base/log.h"
#include "program/workload.h"
#include "symbols/place.h"

/* The tail of a workload's complaints is short; what it may print in all is not. */
#define COMPLAINT_SIZE 8192
#define OUTPUT_MAX (16 << 20)

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

static uint64_t timeval_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_usec * 1000;
}

/* Of the whole program, by our clock and the kernel's figures. */
static void fill_usage(struct run_row *row, const struct run_session *session)
{
	const struct target *target = &session->target;
	const struct rusage *usage = &target->usage;

	/* From its exec on, as a traced program's window (settle_accounts()). */
	row->wall_ns = session->reaped_ns - (target->exec_ns ? target->exec_ns : session->went_ns);
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
static int workload_failed(struct run_session *session)
{
	struct run *run = session->run;
	char text[COMPLAINT_SIZE];
	char how[64];

	read_capture(session->err_fd, text, sizeof(text));
	text__tame(text, ' ');
	target__describe(session->target.status, how, sizeof(how));
	snprintf(run->error, sizeof(run->error), "the workload %s%s%.300s", how, *text ? ": " : "",
		 text);
	return -ECHILD;
}

static int read_own_workload(struct run_session *session)
{
	struct run *run = session->run;
	struct workload_report report;

	if (session->target.status != 0)
		return workload_failed(session);
	run->output = read_output(session->out_fd);
	if (!run->output)
		return run_session__fail(run, -ENOMEM, "cannot read the workload's output");
	if (workload__parse(run->output, &report)) {
		text__tame(run->output, ' ');
		snprintf(run->error, sizeof(run->error),
			 "the workload printed no report that can be read: '%.100s'", run->output);
		return -ECHILD;
	}
	fill_report(&run->row, &report);
	session->bounds = (struct ledger_bounds){ report.wall_ns, report.wall_outer_ns, 0 };
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
	row->throttled_ns = ledger->throttled_ns;
	row->events_lost = ledger->events_lost;
	row->bpf_ns = trace->bpf_ns;
	row->arrivals_unseen = trace->arrivals_unseen;
	run->start_ns = trace->start_ns;
	memcpy(run->histogram, trace->histogram, sizeof(run->histogram));
	row->valid = ledger->valid;
	columns__set_text(row->reason, sizeof(row->reason), ledger->reason);
}

/* From one moment to another, less what has been cut between them; 0 if nothing is left. */
static uint64_t uncut(uint64_t from_ns, uint64_t to_ns, uint64_t cut_ns)
{
	return to_ns > from_ns + cut_ns ? to_ns - from_ns - cut_ns : 0;
}

/* The window of any program, by our own clock: read around its ends, and less the pauses. */
static void bound_window(struct run_session *session, const struct trace *trace)
{
	if (session->opened_ns)
		session->bounds.low_ns = uncut(session->opened_ns, session->reaped_ns,
					       trace->cut_ns - session->opened_cut_ns);
	session->bounds.high_ns = uncut(session->went_ns, session->closed_ns,
					trace->cut_ns - session->went_cut_ns);
	session->bounds.held_ns = session->search.held_ns;
}

static int settle_accounts(struct run_session *session, const struct trace *trace)
{
	struct run *run = session->run;
	int err;

	if (run_session__searches(session))
		bound_window(session, trace);
	err = ledger__settle(trace, &session->bounds, &run->ledger);

	if (err)
		return err;
	fill_ledger(run, trace);
	if (!run_session__searches(session))
		return 0;
	run->row.stopped_ns = trace->cut_ns - session->went_cut_ns;
	/* By the clock of the books, which stands while the program stands still for us. */
	if (trace->opened && trace->closed)
		run->row.wall_ns = run->ledger.window_ns;
	run_accounts__note_lock(session);
	run_accounts__name_locks(session);
	err = futexes__settle(trace, session->search.has_modules ? &session->search.modules : NULL,
			      &run->futexes);
	if (!err)
		owners__settle(&session->owners, &run->futexes);
	return err;
}

/* By the files of the process, should nobody have looked at it while it lived. */
static int settle_samples(struct run_session *session, const struct trace *trace)
{
	const struct run_spec *spec = session->spec;
	struct run_samples *samples = &session->run->samples;
	int err;

	if (!run_session__samples(session))
		return 0;
	if (session->search.has_modules)
		symbolizer__learn(spec->symbolizer, &session->search.modules);
	if (spec->target.path)
		symbolizer__learn_program(spec->symbolizer, spec->target.path);
	memcpy(samples->losses, trace->sample_losses, sizeof(samples->losses));
	err = run_samples__settle(samples);
	run_samples__choose(samples, session->run->ledger.nlocks
				     ? session->run->ledger.locks[0].index : 0);
	if (spec->python_frames)
		symbolizer__remove_perf_maps(spec->symbolizer);
	return err;
}

static int finish_timeline(const struct run_session *session, const struct trace *trace)
{
	struct run *run = session->run;
	int err = run->timeline ? timeline_writer__finish(run->timeline, trace, &run->ledger) : 0;

	return err ? run_session__fail_timeline(session, err) : 0;
}

/* What the tracer thinks of its own view of the locks. */
static void log_lock(const struct lock_record *lock)
{
	if (lock->watched)
		log__debug("lock %u of process %u: %llu half seen, %llu lost claims, %llu repeated calls, "
			   "%llu overlaps", lock->index, lock->watched,
			   lock->half_seen, lock->lost_claims, lock->repeats, lock->overlaps);
}

static int settle(struct run_session *session)
{
	struct run *run = session->run;
	struct trace trace;
	int err = tracer__read(session->tracer, &trace);

	if (err)
		return run_session__fail(run, err, "cannot read the trace");
	trace.ended = &run->ended;
	for (size_t i = 0; i < trace.nlocks; i++)
		log_lock(&trace.locks[i]);
	err = settle_accounts(session, &trace);
	if (err)
		run_session__fail(run, err, "cannot settle the ledger");
	else
		err = settle_samples(session, &trace);
	if (!err)
		err = finish_timeline(session, &trace);
	trace__free(&trace);
	if (run->handoffs.dropped) {
		run->row.valid = 0;
		columns__set_text(run->row.reason, sizeof(run->row.reason),
				  "hand-offs dropped: no memory to keep them");
	}
	return err;
}

static void fill_machine(struct run_session *session)
{
	const struct cgroups_throttling throttling = quota_watch__sum(&session->quota);
	const struct machine_times after = session->after;
	struct run_row *row = &session->run->row;
	uint64_t busy = after.busy_ns - session->before.busy_ns;
	uint64_t own = timeval_ns(session->target.usage.ru_utime) +
		       timeval_ns(session->target.usage.ru_stime);

	if (throttling.known) {
		row->group_throttled_ns = throttling.ns;
		row->group_throttled = throttling.times;
	}
	row->steal_ns = after.steal_ns - session->before.steal_ns;
	row->other_cpu_ns = busy > own ? busy - own : 0;
}

static void mark_disturbed(struct run_session *session)
{
	struct run_row *row = &session->run->row;

	disturbed__describe(row->steal_ns, row->other_cpu_ns,
			    session->reaped_ns - session->went_ns,
			    (unsigned int)sysconf(_SC_NPROCESSORS_ONLN), row->disturbed,
			    sizeof(row->disturbed));
}

/* By itself, or by what it had started: a shell hands it on as 128 and the signal. */
static bool was_aborted(int status)
{
	return WIFSIGNALED(status) ? WTERMSIG(status) == SIGABRT
				   : WEXITSTATUS(status) == 128 + SIGABRT;
}

/* The probe at a return is what such an end is likely to come from (lock/unwinding.h). */
static void blame_probe(struct run_session *session)
{
	struct run_row *row = &session->run->row;

	if (!session->search.breaks_unwinding || !was_aborted(session->target.status))
		return;
	row->valid = 0;
	columns__set_text(row->reason, sizeof(row->reason),
			  "the program ended by SIGABRT, probably because an exception came to a "
			  "lock function whose return address is probed: name other functions");
}

int run_accounts__settle(struct run_session *session)
{
	int err = 0;

	session->run->row.valid = 1;
	fill_usage(&session->run->row, session);
	fill_machine(session);
	mark_disturbed(session);
	if (session->spec->own_workload)
		err = read_own_workload(session);
	if (!err && session->tracer)
		err = settle(session);
	if (!err)
		blame_probe(session);
	return err;
}

int run_accounts__settle_foreign(struct run_session *session)
{
	struct run_row *row = &session->run->row;

	row->valid = 1;
	row->wall_ns = session->reaped_ns - session->went_ns;
	fill_machine(session);
	row->other_cpu_ns = COLUMN_MISSING_U64;
	mark_disturbed(session);
	return settle(session);
}
