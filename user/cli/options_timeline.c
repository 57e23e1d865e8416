// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax timeline`: which folder, which run, and in which form.
#include "cli/parts.h"

static const struct argp_option timeline_options[] = {
	{ "perfetto", KEY_PERFETTO, "FILE", 0,
	  "write the run as a gzip-ed trace that ui.perfetto.dev opens (a new file)", 1 },
	{ 0 },
};

static void parse_argument(struct argp_state *state, struct options *options, const char *arg)
{
	if (state->arg_num > 1)
		argp_error(state, "unexpected argument '%s': one run at a time", arg);
	*(state->arg_num ? &options->run_id : &options->folder) = arg;
}

/* The common options are of commands that run something. */
static void check(struct argp_state *state, const struct options *options)
{
	if (!options->folder)
		argp_error(state, "which results folder? switchtax timeline DIR [RUN_ID]");
	if (options->output)
		argp_error(state, "--output: nothing is written but the trace of --perfetto FILE");
	if (options->cpus[0])
		argp_error(state, "--cpus: timeline runs no program");
	if (options->experiment.timeline)
		argp_error(state, "--timeline: give it to run, compare, trace or attach, which "
			   "make the timelines that this command reads");
}

static error_t parse_timeline(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_PERFETTO: options->perfetto = arg; break;
	case ARGP_KEY_ARG: parse_argument(state, options, arg); break;
	case ARGP_KEY_END: check(state, options); break;
	case ARGP_KEY_INIT: state->child_inputs[0] = options; break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp options_timeline__argp = {
	timeline_options, parse_timeline, "DIR [RUN_ID]",
	"Read the timelines of a results folder: what every thread did and when, the lock's states "
	"and the hand-offs. Without RUN_ID, list them; if there is one only, it is meant. run and "
	"compare make one of each traced run of the warm-up; --timeline makes one of each traced "
	"run."
	"\vExamples:\n"
	"  switchtax timeline results/slowdown-20261122T120000Z\n"
	"  switchtax timeline DIR 000-03-threads-traced\n"
	"  switchtax timeline DIR 000-03-threads-traced --format csv > intervals.csv\n"
	"  switchtax timeline DIR 000-03-threads-traced --perfetto trace.json.gz\n",
	options_parts__common, NULL, NULL,
};
