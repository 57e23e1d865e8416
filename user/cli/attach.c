// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax attach`: a program that already runs, for a while.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "base/interrupt.h"
#include "live/screen.h"
#include "live/watch.h"
#include "base/log.h"
#include "base/proctext.h"
#include "run/drive.h"
#include "cli/traced_run.h"
#include "cli/parts.h"

struct attach_options {
	struct program_options program;
	pid_t pid;
	bool live;			/* show it on the terminal meanwhile */
	double refresh_s;		/* 0: not given */
};

static const struct argp_option attach_argp_options[] = {
	{ "pid", 'p', "PID", 0, "the process to watch", 1 },
	{ "budget", KEY_BUDGET, "SECONDS", 0,
	  "watch for this long (default: until it ends, or Ctrl-C)", 1 },
	{ "live", KEY_LIVE, NULL, 0, "show on the terminal what is going on, until q is pressed",
	  1 },
	{ "refresh", KEY_REFRESH, "SECONDS", 0, "show it anew this often (default 1)", 1 },
	{ "no-samples", KEY_NO_SAMPLES, NULL, 0,
	  "do not sample what the lock's holder does while it runs", 1 },
	{ 0 },
};

/* More often nobody can read it, and looking would begin to cost something. */
static double refresh(struct argp_state *state, const char *text)
{
	double seconds = options__positive(state, "refresh", text, 3600);

	if (seconds < 0.1)
		argp_error(state, "--refresh: '%s' is not a number from 0.1 to 3600", text);
	return seconds;
}

static error_t parse_attach(int key, char *arg, struct argp_state *state)
{
	struct attach_options *options = state->input;

	switch (key) {
	case 'p':
		options->pid = (pid_t)options__whole(state, "pid", arg, 1, INT32_MAX);
		break;
	case KEY_LIVE: options->live = true; break;
	case KEY_REFRESH: options->refresh_s = refresh(state, arg); break;
	case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'; the process is named "
				      "by -p PID", arg); break;
	case ARGP_KEY_END:
		if (!options->pid)
			argp_error(state, "which process? switchtax attach [OPTION...] -p PID");
		if (options->refresh_s > 0 && !options->live)
			argp_error(state, "--refresh: there is nothing to show without --live");
		if (options->program.common.cpus[0])
			argp_error(state, "--cpus: attach leaves the process on the CPUs it is on");
		break;
	default: return options__parse_program(key, arg, state);
	}
	return 0;
}

/* The process that it is a thread of, which may be itself; -1: it is gone. */
static long leader_of(pid_t pid)
{
	char *status = proctext__read_of(pid, "status");
	const char *at = proctext__after_line_start(status, "Tgid:");
	long leader = at ? strtol(at, NULL, 10) : -1;

	free(status);
	return leader;
}

static bool is_kernel_thread(pid_t pid)
{
	char path[64], target[8];

	/* No program, and it is not that we may not look. */
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)proctext__living(pid));
	return readlink(path, target, sizeof(target)) < 0 && errno == ENOENT;
}

/* Is it something that can be watched? Prints why not. */
static bool check_process(pid_t pid)
{
	long leader = leader_of(pid);

	if (kill(pid, 0) && errno == ESRCH)
		log__error("-p %d: there is no such process (in this PID namespace)", (int)pid);
	else if (leader < 0)
		log__error("-p %d: /proc/%d cannot be read: it has ended, or /proc is another PID "
			   "namespace's", (int)pid, (int)pid);
	else if (leader != pid)
		log__error("-p %d: this is a thread of process %ld; give that", (int)pid, leader);
	else if (pid == getpid())
		log__error("-p %d: that is switchtax itself", (int)pid);
	else if (is_kernel_thread(pid))
		log__error("-p %d: this is a kernel thread or has ended; it runs no program",
			   (int)pid);
	else
		return true;
	return false;
}

/* For people: its name, as in "4711 (python3)". */
static void describe(pid_t pid, char *text, size_t size)
{
	char comm[64] = "";

	proctext__comm(pid, comm, sizeof(comm));
	snprintf(text, size, "%d (%s)", (int)pid, comm);
}

#define REFRESH_S 1

/* With a live view, or without: until it ends, time is over, or somebody has seen enough. */
static int attach(struct session *session, const char *program, struct run *run,
		  const char **stop_reason)
{
	const struct attach_options *options = (const struct attach_options *)session->options;
	struct run_spec spec = traced_run__spec(session, &options->program, NULL);
	struct live_watch watch;
	int err;

	spec.timeout_ms = (uint64_t)(session->options->experiment.budget_s * 1000);
	*stop_reason = "the time was over, or it ended";
	if (!options->live)
		return run__attach(session->tracer, &spec, options->pid, run);
	err = live_watch__begin(&watch, program,
				options->refresh_s > 0 ? options->refresh_s : REFRESH_S,
				run->error, sizeof(run->error));
	spec.onlooker = &watch.onlooker;
	if (!err)
		err = run__attach(session->tracer, &spec, options->pid, run);
	if (live_watch__quit(&watch))
		*stop_reason = "q was pressed";
	live_watch__end(&watch);
	return err;
}

static enum exit_status watch(struct session *session)
{
	const struct attach_options *options = (const struct attach_options *)session->options;
	struct run run = { 0 };
	enum exit_status status;
	const char *stop_reason;
	char program[96];

	describe(options->pid, program, sizeof(program));
	traced_run__identify(session->options, &run.row);
	if (attach(session, program, &run, &stop_reason)) {
		log__error("%s", run.error);
		run__free(&run);	/* its timeline is not to be left behind */
		session__abandon(session);
		status = EXIT_NOT_VALID;
	} else {
		if (!run.ledger.nthreads)
			log__warn("-p %s: it ended before anything of it was seen", program);
		status = traced_run__finish(session, &run, program, stop_reason);
	}
	run__free(&run);
	return status == EXIT_MEASURED && interrupt__pending() ? EXIT_INTERRUPTED : status;
}

/* Known before anything is opened. EXIT_MEASURED, or the exit status to end with. */
static enum exit_status check_screen(void)
{
	char why[256];
	int err = live_screen__check(why, sizeof(why));

	if (!err)
		return EXIT_MEASURED;
	log__error("--live: %s", why);
	return err == -ENOSYS ? EXIT_CANNOT_MEASURE : EXIT_USAGE;
}

static enum exit_status command_attach(const struct options *common)
{
	const struct attach_options *options = (const struct attach_options *)common;
	struct session session;
	enum exit_status status;

	status = options->live ? check_screen() : EXIT_MEASURED;
	if (status != EXIT_MEASURED)
		return status;
	if (!check_process(options->pid))
		return EXIT_NOT_VALID;
	status = session__open(&session, common, &traced_run__wish);
	return status == EXIT_MEASURED ? watch(&session) : status;
}

const struct command command__attach = {
	.name = "attach", .summary = "a program that already runs",
	.options_size = sizeof(struct attach_options), .action = command_attach,
	.argp = {
		attach_argp_options, parse_attach, "-p PID",
		"Watch a process that already runs, for a while or until it ends, and leave it as "
		"it was. Its threads are watched, and what they start meanwhile. With --live the "
		"terminal shows where the lock's and the threads' time goes; h shows the keys."
		"\vExamples:\n"
		"  switchtax attach -p 4711 --budget 10\n"
		"  switchtax attach -p 4711 --live\n"
		"  switchtax attach -p 4711 --live --refresh 0.5 --format json\n"
		"  switchtax attach -p $(pgrep -n gunicorn) --budget 30 -o results/gunicorn\n",
		options__program, NULL, NULL,
	},
};
