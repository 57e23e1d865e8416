// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax trace`: a program with its arguments.
#include "cli/parts.h"

static const struct argp_option trace_options[] = {
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
	struct options *options = state->input;

	switch (key) {
	case KEY_AS_ROOT: options->as_root = true; break;
	case KEY_NO_SAMPLES: options->samples = false; break;
	case KEY_PYTHON_FRAMES: options->python_frames = true; break;
	case KEY_TIME_LIMIT:
		options->experiment.time_limit_s = options__whole(state, "time-limit", arg, 1,
								  1000000);
		break;
	case ARGP_KEY_ARGS: options->program = state->argv + state->next; break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which program? switchtax trace [OPTION...] -- COMMAND [ARG...]");
		break;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		state->child_inputs[1] = options;
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp options_trace__argp = {
	trace_options, parse_trace, "-- COMMAND [ARG...]",
	"Run a program once and say where its threads' time went, where its lock's time went "
	"(Python's, or that of two functions that you name), and on which locks it slept."
	"\vExamples:\n"
	"  switchtax trace -- python3 threads.py\n"
	"  switchtax trace -o results/make -- make -j4\n"
	"  switchtax trace --lock-symbols pthread_mutex_lock:pthread_mutex_unlock -- ./prog\n"
	"  switchtax trace --timeline -- build/workloads/slowdown --objects 200000\n",
	options_parts__program, NULL, NULL,
};
