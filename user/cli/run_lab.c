// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax run NAME --help`: what that experiment takes, with its own defaults.
#include <stdio.h>
#include <string.h>

#include "cli/parts.h"
#include "report/lab.h"

#define MOST_OPTIONS 32
#define HEADERS "The workload:"

static bool takes_a_value(const char *word)
{
	if (strncmp(word, "--o", 3) == 0)
		return !strchr(word, '=');
	return word[0] == '-' && word[1] && word[1] != '-' && word[strlen(word) - 1] == 'o';
}

/* argp answers --help before it has seen all words: they are looked through before. */
static const struct lab *lab_of_words(int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		const struct lab *lab = lab__find(argv[i]);

		/* The headline is no lab to this command; a folder may be called as one. */
		if (lab && strcmp(lab->name, "slowdown") != 0 && !takes_a_value(argv[i - 1]))
			return lab;
	}
	return NULL;
}

/* The text of an option's help; NULL: the experiment does not take it. */
static const char *doc_of(const struct argp_option *option, const struct lab *lab)
{
	static char blocks[80], budget[80];

	switch (option->key) {
	case KEY_WORKERS: return lab->help.workers;
	case KEY_OBJECTS: return lab->help.objects;
	case KEY_LOCK: return lab->help.lock;
	case KEY_INTERVAL: return lab->help.interval_us;
	case KEY_BLOCKS:
		snprintf(blocks, sizeof(blocks), "measured blocks, whatever the budget (default: %"
			 PRIu64 ", within the budget)", lab->blocks);
		return blocks;
	case KEY_BUDGET:
		snprintf(budget, sizeof(budget), "stop before this is exceeded (default %g)",
			 lab->budget_s);
		return budget;
	case KEY_NO_BPF: return "untraced runs only";
	case KEY_ARMS:
	case KEY_PRECISION:
	case KEY_NO_SAMPLES:
	case KEY_NO_HTML: return NULL;
	default: return option->doc;
	}
}

/* What is not taken is hidden, not gone: it is still refused by name. */
static void adapt(struct argp_option *out, const struct argp_option *all, const struct lab *lab)
{
	size_t count = 0;

	for (size_t i = 0; (all[i].name || all[i].doc) && count + 1 < MOST_OPTIONS; i++) {
		struct argp_option option = all[i];

		if (!option.name && strcmp(option.doc, HEADERS) == 0 && !lab->takes)
			continue;
		option.doc = doc_of(&option, lab);
		if (!option.doc)
			option.flags |= OPTION_HIDDEN;
		out[count++] = option;
	}
	out[count] = (struct argp_option){ 0 };
}

static void describe(char *text, size_t size, const struct lab *lab)
{
	size_t length;

	snprintf(text, size, "%s\n\nClaims:\n", lab->question);
	for (size_t i = 0; lab->claims[i]; i++) {
		length = strlen(text);
		snprintf(text + length, size - length, "  %-4s %s\n", lab->claims[i],
			 report_lab__sentence(lab->claims[i]));
	}
	length = strlen(text);
	snprintf(text + length, size - length, "\vIts arms are fixed: it takes no --arms, and no "
		 "--timeline.\n\nExamples:\n  switchtax run %s\n  switchtax run %s --blocks 3\n",
		 lab->name, lab->name);
}

const struct argp *run_lab__argp(const struct argp *run, int argc, char **argv)
{
	static struct argp_option options[MOST_OPTIONS];
	static struct argp argp;
	static char about[1024];
	const struct lab *lab = lab_of_words(argc, argv);

	if (!lab)
		return run;
	adapt(options, run->options, lab);
	describe(about, sizeof(about), lab);
	argp = *run;
	argp.options = options;
	argp.args_doc = lab->name;
	argp.doc = about;
	return &argp;
}
