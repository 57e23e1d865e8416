// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax calibrate`: how long it may take.
#include "cli/parts.h"

static const struct argp_option calibrate_options[] = {
	{ "blocks", KEY_BLOCKS, "N", 0, "rounds, each of which measures every price once (default: "
	  "as the budget says)", 1 },
	{ "budget", KEY_BUDGET, "SECONDS", 0,
	  "stop before this is exceeded (default 60, but at least five rounds)", 1 },
	{ "seed", KEY_SEED, "N", 0, "of the order in a round (default: the time)", 1 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0, "of a single run (default 120)", 1 },
	{ "no-bpf", KEY_NO_BPF, NULL, 0, "leave out what needs probes", 1 },
	{ 0 },
};

/* Of a command that takes no argument and has no time line. */
static error_t parse_calibrate(int key, char *arg, struct argp_state *state)
{
	const struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'", arg); break;
	case ARGP_KEY_END:
		if (options->experiment.timeline)
			argp_error(state, "--timeline: only `switchtax run slowdown` has one");
		break;
	default: return options__parse_blocks(key, arg, state);
	}
	return 0;
}

const struct argp options_calibrate__argp = {
	calibrate_options, parse_calibrate, "",
	"Measure what things cost on this machine, each with its spread: a context switch "
	"between threads and between processes, on one CPU and across two, with caches to "
	"refill; a minor page fault; each lock, alone and contended; each kind of probe. `perf "
	"bench sched pipe` runs beside them, where there is a perf."
	"\vExamples:\n"
	"  switchtax calibrate                       about a minute\n"
	"  switchtax calibrate --budget 20 --cpus 1\n"
	"  switchtax calibrate --format csv | grep ^switch,\n"
	"  switchtax calibrate --no-bpf              needs no root\n",
	options_parts__common, NULL, NULL,
};
