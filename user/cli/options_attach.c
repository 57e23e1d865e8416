// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax attach`: which process.
#include "cli/parts.h"

static const struct argp_option attach_options[] = {
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
	struct options *options = state->input;

	switch (key) {
	case 'p':
		options->pid = (pid_t)options__whole(state, "pid", arg, 1, INT32_MAX);
		break;
	case KEY_NO_SAMPLES: options->samples = false; break;
	case KEY_BUDGET:
		options->experiment.budget_s = options__positive(state, "budget", arg, 1e6);
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
		if (options->cpus[0])
			argp_error(state, "--cpus: attach leaves the process on the CPUs it is on");
		break;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		state->child_inputs[1] = options;
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp options_attach__argp = {
	attach_options, parse_attach, "-p PID",
	"Watch a process that already runs, for a while or until it ends, and leave it as it "
	"was. Its threads are watched, and what they start meanwhile. With --live the terminal "
	"shows where the lock's and the threads' time goes; h shows the keys."
	"\vExamples:\n"
	"  switchtax attach -p 4711 --budget 10\n"
	"  switchtax attach -p 4711 --live\n"
	"  switchtax attach -p 4711 --live --refresh 0.5 --format json\n"
	"  switchtax attach -p $(pgrep -n gunicorn) --budget 30 -o results/gunicorn\n",
	options_parts__program, NULL, NULL,
};
