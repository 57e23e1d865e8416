// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax explain`: which folders.
#include "cli/parts.h"
#include "record/pool.h"

static error_t parse_explain(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_ARGS:
		options->folders = state->argv + state->next;
		options->nfolders = (size_t)(state->argc - state->next);
		if (options->nfolders > POOL_MAX_FOLDERS)
			argp_error(state, "more than %d folders", POOL_MAX_FOLDERS);
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which results? switchtax explain [OPTION...] DIR...");
		break;
	case ARGP_KEY_END:
		if (options->cpus[0])
			argp_error(state, "--cpus: explain runs no program");
		if (options->experiment.timeline)
			argp_error(state, "--timeline: explain runs no program");
		break;
	case ARGP_KEY_INIT: state->child_inputs[0] = options; break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp options_explain__argp = {
	NULL, parse_explain, "DIR...",
	"Say once more what results folders show, from their CSV files alone: verdict, report and "
	"intervals are computed anew, so that a result can be checked, with a newer switchtax as "
	"well, or on another machine. Needs no root, and writes nothing unless -o names a folder."
	"\vSeveral folders of `run`, or of `compare`, with the same parameters and programs are "
	"put together, block by block. Where they come from several machines, each machine "
	"weighs the same, and is shown by itself.\n\nExamples:\n"
	"  switchtax explain results/slowdown-20261122T101500Z\n"
	"  switchtax explain --format json results/monday results/tuesday | jq .slowdown\n"
	"  switchtax explain -o results/both laptop/slowdown server/slowdown\n"
	"  switchtax explain results/labs                 the scoreboard\n",
	options_parts__common, NULL, NULL,
};
