// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax compare`: two command lines.
#include "cli/parts.h"

static const struct argp_option compare_options[] = {
	{ "arms", KEY_ARMS, "LIST", 0, "arms to run, with commas: base, other, other-1cpu, and for "
	  "Python other-interval-US (default: these, with 500, 5000 and 50000 us)", 1 },
	{ "blocks", KEY_BLOCKS, "N", 0, "measured blocks (default: as precision and budget say)",
	  1 },
	{ "budget", KEY_BUDGET, "SECONDS", 0, "stop before this is exceeded (default 180)", 1 },
	{ "precision", KEY_PRECISION, "PERCENT", 0,
	  "stop when the slowdown is known to +- this (default 1)", 1 },
	{ "seed", KEY_SEED, "N", 0, "of the order of runs (default: the time)", 1 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0, "of a single run (default 600)", 1 },
	{ "no-samples", KEY_NO_SAMPLES, NULL, 0,
	  "do not sample what the lock's holder does while it runs", 1 },
	{ "python-frames", KEY_PYTHON_FRAMES, NULL, 0,
	  "have Python 3.12 or newer name its functions in samples, in traced runs; this makes its "
	  "calls slower", 1 },
	{ "no-bpf", KEY_NO_BPF, NULL, 0, "untraced runs only: times and the ladder", 1 },
	{ "no-html", KEY_NO_HTML, NULL, 0, "make no report.html at the end", 1 },
	{ "as-root", KEY_AS_ROOT, NULL, 0,
	  "run the programs as root, not as the user who called sudo", 1 },
	{ 0 },
};

static error_t parse_compare(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_AS_ROOT: options->as_root = true; break;
	case KEY_PYTHON_FRAMES: options->python_frames = true; break;
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			argp_error(state, "unexpected argument '%s': each of the two command lines "
				   "is one argument, in quotes", arg);
		*(state->arg_num ? &options->other : &options->base) = arg;
		break;
	case ARGP_KEY_END:
		if (state->arg_num < 2)
			argp_error(state, "which two programs? switchtax compare [OPTION...] "
				   "'BASE' 'OTHER'");
		break;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		state->child_inputs[1] = options;
		break;
	default: return options__parse_blocks(key, arg, state);
	}
	return 0;
}

const struct argp options_compare__argp = {
	compare_options, parse_compare, "'BASE' 'OTHER'",
	"Run two programs in blocks, traced and untraced, and say why OTHER takes longer: "
	"where the lock's time went, what one CPU changes, and for Python what the switch "
	"interval changes. What the programs print goes to programs/ in the results folder."
	"\vEach command line is one argument. Quotes, globs, ~ and $VARIABLES work; what needs "
	"a shell is written as sh -c '...'.\n\nExamples:\n"
	"  switchtax compare 'python3 single.py' 'python3 threads.py'\n"
	"  switchtax compare --blocks 20 -o results/gzip 'gzip -1 -k -c f' 'gzip -9 -k -c f'\n"
	"  switchtax compare --arms base,other,other-interval-100000 'python3 a.py' "
	"'python3 b.py'\n"
	"  switchtax compare --lock-symbols pthread_mutex_lock:pthread_mutex_unlock './a' "
	"'./b'\n"
	"  switchtax compare --no-bpf 'make -j1 -B' 'make -j4 -B'\n",
	options_parts__program, NULL, NULL,
};
