// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax list`: what there is.
#include <stdio.h>
#include <string.h>

#include "workloads/crowd/arms.h"
#include "cli/commands.h"
#include "cli/parts.h"
#include "labs/lab.h"

#define HEADLINE "why are N threads slower than one? the article's program, in five arms"

/* Beside those that the built-in experiment's workload knows by itself. */
static const struct {
	const char *name;
	const char *summary;
} more_arms[] = {
	{ "threads-interval-100", "threads at a switch interval of 100 us (any: --arms)" },
	{ "threads-interval-1000", "threads at 1000 us: what grows with the hand-offs" },
	{ "base", "compare: the first command line" },
	{ "other", "compare: the second one, which is said to be slower" },
	{ "other-1cpu", "compare: the second one on one CPU, the last of those allowed" },
	{ "other-interval-500", "compare: Python at a switch interval of 500 us (any: --arms)" },
	{ "other-interval-5000", "compare: Python at 5000 us, its own: what setting it costs" },
	{ "other-interval-50000", "compare: Python at 50000 us" },
};

/* Three kinds of things, each with a name and a line: one table for all formats. */
static void print_item(const struct options *options, const char *kind, const char *name,
		       const char *summary, bool first)
{
	switch (options->format) {
	case FORMAT_CSV: printf("%s,%s,\"%s\"\n", kind, name, summary); break;
	case FORMAT_JSON:
		printf("%s  { \"kind\": \"%s\", \"name\": \"%s\", \"summary\": \"%s\" }",
		       first ? "" : ",\n", kind, name, summary);
		break;
	case FORMAT_TEXT: printf("%-11s %-21s %s\n", kind, name, summary); break;
	}
}

static enum exit_status command_list(const struct options *options)
{
	if (options->format == FORMAT_CSV)
		puts("kind,name,summary");
	if (options->format == FORMAT_JSON)
		puts("[");
	print_item(options, "experiment", "slowdown", HEADLINE, true);
	for (size_t i = 0; all_labs[i]; i++)
		if (strcmp(all_labs[i]->name, "slowdown") != 0)
			print_item(options, "experiment", all_labs[i]->name, all_labs[i]->summary,
				   false);
	for (size_t i = 0; arms[i].name; i++)
		print_item(options, "arm", arms[i].name, arms[i].summary, false);
	for (size_t i = 0; i < sizeof(more_arms) / sizeof(more_arms[0]); i++)
		print_item(options, "arm", more_arms[i].name, more_arms[i].summary, false);
	for (size_t i = 0; lock_kinds[i]; i++)
		print_item(options, "lock", lock_kinds[i]->name, lock_kinds[i]->summary, false);
	if (options->format == FORMAT_JSON)
		puts("\n]");
	return EXIT_MEASURED;
}

const struct command command__list = {
	.name = "list", .summary = "experiments, arms and locks, one line each",
	.options_size = sizeof(struct options), .action = command_list,
	.argp = {
		NULL, options__parse_plain, "",
		"List what there is."
		"\vExamples:\n"
		"  switchtax list\n"
		"  switchtax list --format json\n",
		options__common, NULL, NULL,
	},
};
