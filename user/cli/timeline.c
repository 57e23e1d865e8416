// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax timeline`: what a run's threads and its lock did, read back from RUN_ID.timeline.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "base/log.h"
#include "timeline/folder.h"
#include "timeline/intervals.h"
#include "timeline/layout.h"
#include "timeline/rows.h"
#include "timeline/report.h"
#include "timeline/perfetto.h"
#include "timeline/timeline.h"
#include "cli/parts.h"

struct timeline_options {
	struct options common;
	const char *folder;
	const char *run_id;		/* NULL: not named */
	const char *perfetto;		/* the file to write; NULL: none */
};

static const struct argp_option timeline_argp_options[] = {
	{ "perfetto", KEY_PERFETTO, "FILE", 0,
	  "write the run as a gzip-ed trace that ui.perfetto.dev opens (a new file)", 1 },
	{ 0 },
};

static void parse_argument(struct argp_state *state, struct timeline_options *options,
			   const char *arg)
{
	if (state->arg_num > 1)
		argp_error(state, "unexpected argument '%s': one run at a time", arg);
	*(state->arg_num ? &options->run_id : &options->folder) = arg;
}

/* The common options are of commands that run something. */
static void check(struct argp_state *state, const struct timeline_options *options)
{
	if (!options->folder)
		argp_error(state, "which results folder? switchtax timeline DIR [RUN_ID]");
	if (options->common.output)
		argp_error(state, "--output: nothing is written but the trace of --perfetto FILE");
	if (options->common.cpus[0])
		argp_error(state, "--cpus: timeline runs no program");
	if (options->common.experiment.timeline)
		argp_error(state, "--timeline: give it to run, compare, trace or attach, which "
			   "make the timelines that this command reads");
}

static error_t parse_timeline(int key, char *arg, struct argp_state *state)
{
	struct timeline_options *options = state->input;

	switch (key) {
	case KEY_PERFETTO: options->perfetto = arg; break;
	case ARGP_KEY_ARG: parse_argument(state, options, arg); break;
	case ARGP_KEY_END: check(state, options); break;
	default: return options__parse_shared(key, arg, state);
	}
	return 0;
}

static enum exit_status show(const struct timeline_options *options,
			     const struct timeline *timeline)
{
	struct timeline_intervals intervals;
	char why[TIMELINE_WHY_SIZE];
	int err = timeline_layout__make(timeline, &intervals);

	if (err) {
		log__error("%s: %s", timeline->run_id, strerror(-err));
		return EXIT_NOT_VALID;
	}
	if (timeline->lost)
		log__warn("%s: %lu events of it are missing: there was no room for them",
			  timeline->run_id, (unsigned long)timeline->lost);
	if (options->perfetto) {
		err = timeline_perfetto__write(options->perfetto, timeline, &intervals, why,
					       sizeof(why));
		if (err)
			log__error("%s", why);
	} else if (options->common.format == FORMAT_CSV) {
		err = timeline_rows__csv(stdout, timeline, &intervals);
		if (err)
			log__error("%s: %s", timeline->run_id, strerror(-err));
	} else if (options->common.format == FORMAT_JSON) {
		timeline_rows__json(stdout, timeline, &intervals);
	} else {
		timeline_report__run(stdout, timeline, &intervals);
	}
	timeline_intervals__free(&intervals);
	return err == -EEXIST ? EXIT_USAGE : err ? EXIT_NOT_VALID : EXIT_MEASURED;
}

static enum exit_status show_run(const struct timeline_options *options, int dirfd,
				 const char *run_id)
{
	struct timeline timeline;
	char name[NAME_MAX + 1], why[TIMELINE_WHY_SIZE];
	enum exit_status status;

	snprintf(name, sizeof(name), "%.200s" TIMELINE_SUFFIX, run_id);
	if (timeline__read(dirfd, name, &timeline, why, sizeof(why))) {
		log__error("%s/%s", options->folder, why);
		return EXIT_NOT_VALID;
	}
	status = show(options, &timeline);
	timeline__free(&timeline);
	return status;
}

/* Each with its figures; what cannot be read is said on stderr. */
static enum exit_status list_runs(const struct timeline_options *options, int dirfd,
				  const struct timeline_folder *folder)
{
	enum exit_status status = EXIT_MEASURED;

	timeline_report__begin(stdout, options->common.format);
	for (size_t i = 0, printed = 0; i < folder->count; i++) {
		struct timeline timeline;
		char name[NAME_MAX + 1], why[TIMELINE_WHY_SIZE];

		snprintf(name, sizeof(name), "%.200s" TIMELINE_SUFFIX, folder->run_ids[i]);
		if (timeline__read(dirfd, name, &timeline, why, sizeof(why))) {
			log__error("%s/%s", options->folder, why);
			status = EXIT_NOT_VALID;
			continue;
		}
		timeline_report__line(stdout, options->common.format, &timeline, folder->bytes[i],
				      printed++ == 0);
		timeline__free(&timeline);
	}
	timeline_report__end(stdout, options->common.format, options->folder);
	return status;
}

static enum exit_status choose(const struct timeline_options *options, int dirfd,
			       const struct timeline_folder *folder)
{
	char names[1024];

	if (!folder->count) {
		log__error("%s: no timeline is in it; run, compare, trace and attach make them "
			   "with --timeline", options->folder);
		return EXIT_USAGE;
	}
	timeline_folder__names(folder, names, sizeof(names));
	if (options->run_id && !timeline_folder__has(folder, options->run_id)) {
		log__error("%s: no timeline of a run '%.100s'; there are: %s", options->folder,
			   options->run_id, names);
		return EXIT_USAGE;
	}
	if (options->run_id || folder->count == 1)
		return show_run(options, dirfd, options->run_id ? options->run_id
								: folder->run_ids[0]);
	if (options->perfetto) {
		log__error("--perfetto: of which run? There are: %s", names);
		return EXIT_USAGE;
	}
	return list_runs(options, dirfd, folder);
}

static enum exit_status command_timeline(const struct options *common)
{
	const struct timeline_options *options = (const struct timeline_options *)common;
	int dirfd = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;
	struct timeline_folder folder;
	enum exit_status status;

	if (dirfd < 0) {
		log__error("%s: %s", options->folder, strerror(errno));
		return EXIT_USAGE;
	}
	err = timeline_folder__list(&folder, dirfd);
	if (err) {
		log__error("%s: %s", options->folder, strerror(-err));
		close(dirfd);
		return EXIT_NOT_VALID;
	}
	status = choose(options, dirfd, &folder);
	timeline_folder__free(&folder);
	close(dirfd);
	return status;
}

const struct command command__timeline = {
	.name = "timeline", .summary = "what a run's threads and its lock did, and when",
	.options_size = sizeof(struct timeline_options), .action = command_timeline,
	.argp = {
		timeline_argp_options, parse_timeline, "DIR [RUN_ID]",
		"Read the timelines of a results folder: what every thread did and when, the "
		"lock's states and the hand-offs. Without RUN_ID, list them; if there is one only, "
		"it is meant. run and compare make one of each traced run of the warm-up; "
		"--timeline makes one of each traced run."
		"\vExamples:\n"
		"  switchtax timeline results/slowdown-20261122T120000Z\n"
		"  switchtax timeline DIR 000-03-threads-traced\n"
		"  switchtax timeline DIR 000-03-threads-traced --format csv > intervals.csv\n"
		"  switchtax timeline DIR 000-03-threads-traced --perfetto trace.json.gz\n",
		options__common, NULL, NULL,
	},
};
