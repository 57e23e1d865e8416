// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax trace`: one program, one traced run, where its time went.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "base/log.h"
#include "base/sudo.h"
#include "program/announcer.h"
#include "program/path.h"
#include "run/drive.h"
#include "cli/traced_run.h"
#include "cli/parts.h"

struct trace_options {
	struct program_options program;
	char **argv;			/* of the program, NULL-terminated */
};

static const struct argp_option trace_argp_options[] = {
	{ "as-root", KEY_AS_ROOT, NULL, 0,
	  "run the program as root, not as the user who called sudo", 1 },
	{ "no-samples", KEY_NO_SAMPLES, NULL, 0,
	  "do not sample what the lock's holder does while it runs", 1 },
	{ "python-frames", KEY_PYTHON_FRAMES, NULL, 0,
	  "have Python 3.12 or newer name its functions in samples, in traced runs; this makes its "
	  "calls slower", 1 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0,
	  "kill the program after this (default: never)", 1 },
	{ 0 },
};

static error_t parse_trace(int key, char *arg, struct argp_state *state)
{
	struct trace_options *options = state->input;

	switch (key) {
	case ARGP_KEY_ARGS: options->argv = state->argv + state->next; break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which program? switchtax trace [OPTION...] -- COMMAND [ARG...]");
		break;
	default: return options__parse_program(key, arg, state);
	}
	return 0;
}

/* The program's output goes to files, so that stdout carries the result only. */
static int open_output(struct session *session, const char *name)
{
	int fd = openat(session->results.dirfd, name,
			O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		log__error("%s/%s: %s", session->results.path, name, strerror(errno));
	else
		sudo__own(fd);
	return fd;
}

/* The kernel has killed it while it mapped its file: nothing of it has run. */
static bool never_began(const struct run *run)
{
	return run->traced && run->start_ns == UINT64_MAX && run->row.exit_status < 0;
}

static int run_program(struct session *session, const char *path, int out, int err_fd,
		       struct run *run)
{
	const struct trace_options *options = (const struct trace_options *)session->options;
	const struct program_options *program = &options->program;
	bool announces = !program->lock.acquire && !program->lock.none && announcer__is(path);
	const char *announcer = announces ? path : NULL;
	struct run_spec spec = traced_run__spec(session, program, announcer);
	int err;

	spec.target = (struct target_config){
		.argv = options->argv,
		.path = path,
		.search_path = true,
		.cpus = program->common.cpus,
		.stdout_fd = out,
		.stderr_fd = err_fd,
	};
	if (!program->as_root)
		spec.target.user = target_user__find(false);
	log__debug("the program runs as %s",
		   spec.target.user.drop ? spec.target.user.name : "ourselves");
	traced_run__identify(session->options, &run->row);
	err = run__once(session->tracer, &spec, run);
	if (!err && !announcer && never_began(run))
		err = -ECHILD;
	if (err == -ECHILD && !run->error[0])
		snprintf(run->error, sizeof(run->error), "%.300s: ended before its first "
			 "instruction: the file may be damaged", path);
	return err;
}

static void remove_outputs(struct session *session)
{
	unlinkat(session->results.dirfd, "program.stdout", 0);
	unlinkat(session->results.dirfd, "program.stderr", 0);
}

static enum exit_status finish(struct session *session, const struct run *run, bool interrupted)
{
	const struct trace_options *options = (const struct trace_options *)session->options;
	enum exit_status status = traced_run__finish(session, run, options->argv[0],
						     "the program ended");

	if (!interrupted)
		return status;
	log__info("interrupted; what the program did until then is written");
	return EXIT_INTERRUPTED;
}

static enum exit_status trace_program(struct session *session, const char *path)
{
	int out = open_output(session, "program.stdout");
	int err_fd = open_output(session, "program.stderr");
	struct run run = { 0 };
	enum exit_status status;
	int err = out < 0 || err_fd < 0 ? -EIO : run_program(session, path, out, err_fd, &run);

	if (!err || (err == -EINTR && run.row.valid == 1)) {
		status = finish(session, &run, err == -EINTR);
	} else {
		if (run.error[0])
			log__error("%s", run.error);
		run__free(&run);	/* its timeline is not to be left behind */
		remove_outputs(session);
		session__abandon(session);
		status = err == -EINTR ? EXIT_INTERRUPTED : EXIT_NOT_VALID;
	}
	if (out >= 0)
		close(out);
	if (err_fd >= 0)
		close(err_fd);
	run__free(&run);
	return status;
}

static enum exit_status command_trace(const struct options *options)
{
	const char *name = ((const struct trace_options *)options)->argv[0];
	char path[PATH_MAX];
	struct session session;
	enum exit_status status;
	int err = path__find(name, path, sizeof(path));

	if (err) {
		log__error("%s: %s", name, path__why(err));
		return EXIT_NOT_VALID;
	}
	status = session__open(&session, options, &traced_run__wish);
	return status == EXIT_MEASURED ? trace_program(&session, path) : status;
}

const struct command command__trace = {
	.name = "trace", .summary = "one program, one traced run",
	.options_size = sizeof(struct trace_options), .action = command_trace,
	.argp_flags = ARGP_IN_ORDER,
	.argp = {
		trace_argp_options, parse_trace, "-- COMMAND [ARG...]",
		"Run a program once and say where its threads' time went, where its lock's time "
		"went (Python's, or that of two functions that you name), and on which locks it "
		"slept."
		"\vExamples:\n"
		"  switchtax trace -- python3 threads.py\n"
		"  switchtax trace -o results/make -- make -j4\n"
		"  switchtax trace --lock-symbols pthread_mutex_lock:pthread_mutex_unlock -- "
		"./prog\n"
		"  switchtax trace --timeline -- build/workloads/slowdown --objects 200000\n",
		options__program, NULL, NULL,
	},
};
