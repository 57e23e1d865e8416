// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax labs`: which of the lab sheet's experiments.
#include "cli/parts.h"

#include <stdio.h>
#include <string.h>

static const struct argp_option labs_options[] = {
	{ "only", KEY_ONLY, "LIST", 0, "experiments or claims, with commas, as race,C7", 1 },
	{ "blocks", KEY_BLOCKS, "N", 0, "measured blocks of each (default: its own, see list)", 1 },
	{ "budget", KEY_BUDGET, "SECONDS", 0,
	  "of all together, shared out as by default (default: under ten minutes)", 1 },
	{ "seed", KEY_SEED, "N", 0, "of the tasks and of the order of runs (default: the time)",
	  1 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0, "of a single run (default 120)", 1 },
	{ "no-bpf", KEY_NO_BPF, NULL, 0, "untraced runs only", 1 },
	{ 0 },
};

/* Is it the name of the lab, or of one of its claims? */
static bool is_called(const struct lab *lab, const char *name)
{
	for (size_t i = 0; lab->claims[i]; i++)
		if (strcmp(lab->claims[i], name) == 0)
			return true;
	return strcmp(lab->name, name) == 0;
}

static void parse_only(struct argp_state *state, struct options *options, const char *list)
{
	bool wanted[OPTIONS_MAX_LABS] = { false };
	char copy[512], *rest = copy, *name;

	if (strlen(list) >= sizeof(copy))
		argp_error(state, "--only: the list is too long");
	snprintf(copy, sizeof(copy), "%s", list);
	while ((name = strsep(&rest, ",")) != NULL) {
		bool known = false;

		for (size_t i = 0; all_labs[i]; i++) {
			bool called = is_called(all_labs[i], name);

			wanted[i] |= called;
			known |= called;
		}
		if (!known)
			argp_error(state, "--only: '%s' is neither an experiment nor a claim; "
				   "`switchtax list` shows them", name);
	}
	options->nonly = 0;
	for (size_t i = 0; all_labs[i]; i++)
		if (wanted[i])
			options->only[options->nonly++] = all_labs[i];
}

static error_t parse_labs(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_ONLY: parse_only(state, options, arg); break;
	case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'; experiments are chosen by "
				      "--only LIST", arg); break;
	case ARGP_KEY_END:
		if (options->experiment.timeline)
			argp_error(state, "--timeline: only `switchtax run slowdown` has one");
		break;
	default: return options__parse_blocks(key, arg, state);
	}
	return 0;
}

const struct argp options_labs__argp = {
	labs_options, parse_labs, "",
	"Run the experiments of the lab sheet and print the scoreboard: each claim with its "
	"verdict, the figure that it rests on, and why. The evidence is left as CSV."
	"\vExamples:\n"
	"  switchtax labs                       under ten minutes\n"
	"  switchtax labs --only race,C7        two experiments\n"
	"  switchtax labs --budget 120 -o results/quick\n"
	"  switchtax labs --format csv | column -ts,\n",
	options_parts__common, NULL, NULL,
};
