// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax trace`: one program, one traced run, where its time went.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../workloads/announce.h"
#include "commands.h"
#include "log.h"
#include "report_trace.h"
#include "session.h"
#include "symbols.h"

/* The program's output goes to files, so that stdout carries the result only. */
static int open_output(struct session *session, const char *name)
{
	int fd = openat(session->results.dirfd, name,
			O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		log__error("%s/%s: %s", session->results.path, name, strerror(errno));
	else
		results__own(fd);
	return fd;
}

static void identify(const struct options *options, const struct target_user *user,
		     struct run_row *row)
{
	columns__clear(&rows__runs, row);
	row->schema_version = ROWS_SCHEMA_VERSION;
	columns__set_text(row->run_id, sizeof(row->run_id), "001-01-trace-traced");
	columns__set_text(row->experiment, sizeof(row->experiment), "trace");
	columns__set_text(row->arm, sizeof(row->arm), "trace");
	row->block = 1;
	row->order = 1;
	columns__set_text(row->cpus, sizeof(row->cpus), options->cpus);
	log__debug("the program runs as %s", user->drop ? user->name : "ourselves");
}

static int run_program(struct session *session, const char *path, int out, int err_fd,
		       struct run *run)
{
	const struct options *options = session->options;
	struct run_spec spec = {
		.target = {
			.argv = options->program,
			.path = path,
			.search_path = true,
			.cpus = options->cpus,
			.stdout_fd = out,
			.stderr_fd = err_fd,
		},
		.announcer = symbols__defines(path, ANNOUNCE_SYMBOL) ? path : NULL,
		.keep_interrupted = true,
		.stream_handoffs = options->experiment.timeline,
		.timeout_ms = options->experiment.time_limit_s * 1000,
	};

	if (!options->as_root)
		spec.target.user = target__user(false);
	identify(options, &spec.target.user, &run->row);
	return run__once(session->tracer, &spec, run);
}

static void print_csv(const struct run *run)
{
	puts("run_id,state,ns");
	for (int state = 0; run->ledger.has_lock && state < LOCK_STATES; state++)
		printf("%s,%s,%lu\n", run->row.run_id, ledger__lock_state(state),
		       (unsigned long)run->ledger.lock_ns[state]);
}

static int publish(struct session *session, const struct run *run)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	int err;

	if (!memory)
		return -errno;
	report_trace__text(memory, run, session->options->program[0], session->results.path);
	fclose(memory);
	err = session__write(session, "report.txt", text, size);
	switch (session->options->format) {
	case FORMAT_TEXT: fputs(text, stdout); break;
	case FORMAT_JSON: report_trace__json(stdout, run); break;
	case FORMAT_CSV: print_csv(run); break;
	}
	free(text);
	return err;
}

static enum exit_status finish(struct session *session, struct run *run)
{
	int err = record__run(&session->record, run), other;

	if (err)
		log__error("%s", session->record.why);
	else
		err = publish(session, run);
	other = session__commit(session, "the program ended");
	if (err || other)
		return EXIT_NOT_VALID;
	if (!run->row.valid)
		log__error("not valid: %s", run->row.reason);
	if (run->row.exit_status)
		log__warn("%s ended with status %ld", session->options->program[0],
			  (long)run->row.exit_status);
	return run->row.valid && !run->row.exit_status ? EXIT_MEASURED : EXIT_NOT_VALID;
}

static void remove_outputs(struct session *session)
{
	unlinkat(session->results.dirfd, "program.stdout", 0);
	unlinkat(session->results.dirfd, "program.stderr", 0);
}

static enum exit_status trace_program(struct session *session, const char *path)
{
	int out = open_output(session, "program.stdout");
	int err_fd = open_output(session, "program.stderr");
	struct run run = { 0 };
	enum exit_status status;
	int err = out < 0 || err_fd < 0 ? -EIO : run_program(session, path, out, err_fd, &run);

	if (!err || (err == -EINTR && run.row.valid == 1)) {
		status = finish(session, &run);
		if (err) {
			log__info("interrupted; what the program did until then is written");
			status = EXIT_INTERRUPTED;
		}
	} else {
		if (run.error[0])
			log__error("%s", run.error);
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

enum exit_status command__trace(const struct options *options)
{
	const char *name = options->program[0];
	char path[PATH_MAX];
	struct session session;
	enum exit_status status;
	int err = symbols__find_program(name, path, sizeof(path));

	if (err) {
		log__error("%s: %s", name, err == -ENOENT ? "command not found (127)" :
			   err == -EACCES ? "cannot be executed (126)" : strerror(-err));
		return EXIT_NOT_VALID;
	}
	status = session__open(&session, options, "trace", false);
	return status == EXIT_MEASURED ? trace_program(&session, path) : status;
}
