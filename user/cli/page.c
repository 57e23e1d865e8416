// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax report`: the page of a results folder, made again.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "base/log.h"
#include "report/page.h"
#include "cli/parts.h"

struct report_options {
	struct options common;
	const char *folder;
};

/* The common options are of commands that run something. */
static void check(struct argp_state *state, const struct report_options *options)
{
	if (!options->folder)
		argp_error(state, "which results folder? switchtax report DIR");
	if (options->common.output)
		argp_error(state, "--output: the page lies in the folder that it is about");
	if (options->common.cpus[0])
		argp_error(state, "--cpus: report runs no program");
	if (options->common.experiment.timeline)
		argp_error(state, "--timeline: give it to run, compare, trace or attach");
	if (options->common.format != FORMAT_TEXT)
		argp_error(state, "--format: a page is HTML; explain prints csv and json");
}

static error_t parse_report(int key, char *arg, struct argp_state *state)
{
	struct report_options *options = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "unexpected argument '%s': one folder at a time", arg);
		options->folder = arg;
		break;
	case ARGP_KEY_END: check(state, options); break;
	default: return options__parse_shared(key, arg, state);
	}
	return 0;
}

static enum exit_status status_of(int err)
{
	switch (-err) {
	case 0: return EXIT_MEASURED;
	case ENOENT: return EXIT_USAGE;
	case ENOPKG: return EXIT_CANNOT_MEASURE;
	case EINTR: return EXIT_INTERRUPTED;
	default: return EXIT_NOT_VALID;
	}
}

static enum exit_status command_report(const struct options *common)
{
	const struct report_options *options = (const struct report_options *)common;
	char why[PAGE_WHY_SIZE] = "";
	int dirfd = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (dirfd < 0) {
		log__error("report: %s: %s; give the folder of an experiment, as results/NAME",
			   options->folder, strerror(errno));
		return EXIT_USAGE;
	}
	err = page__make(dirfd, options->folder, true, why);
	close(dirfd);
	if (err)
		log__error("%s", why);
	else
		printf("%s/" PAGE_FILE "\n", options->folder);
	return status_of(err);
}

const struct command command__report = {
	.name = "report", .summary = "report.html of a results folder",
	.options_size = sizeof(struct report_options), .action = command_report,
	.argp = {
		NULL, parse_report, "DIR",
		"Make report.html of a results folder, in place of the one that is there: one file "
		"that needs no network, with the answer, its evidence and the timeline as figures "
		"and tables. `run` and `compare` make it at their end."
		"\vExamples:\n"
		"  switchtax report results/slowdown-20261122T120000Z\n",
		options__common, NULL, NULL,
	},
};
