// SPDX-License-Identifier: GPL-2.0-or-later
// Commands that take no options of their own.
#include "cli/parts.h"

static error_t parse_plain(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'", arg); break;
	case ARGP_KEY_INIT: state->child_inputs[0] = state->input; break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp options_list__argp = {
	NULL, parse_plain, "",
	"List what there is.\vExamples:\n"
	"  switchtax list\n"
	"  switchtax list --format json\n",
	options_parts__common, NULL, NULL,
};

const struct argp options_doctor__argp = {
	NULL, parse_plain, "",
	"Check this machine, and say what to do.\vExamples:\n"
	"  switchtax doctor\n"
	"  switchtax doctor --format json\n",
	options_parts__common, NULL, NULL,
};
