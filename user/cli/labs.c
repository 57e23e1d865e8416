// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax labs`, and `switchtax run` of one lab.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/commands.h"
#include "cli/conclusion.h"
#include "cli/labs.h"
#include "base/cpulist.h"
#include "experiment/lab_run.h"
#include "base/log.h"
#include "base/progress.h"
#include "cli/parts.h"

#define MAX_LABS 32
#define TIME_LIMIT_S 120

struct labs_options {
	struct options common;
	const struct lab *labs[MAX_LABS];	/* in the lab sheet's order */
	size_t count;
};

static const struct argp_option labs_argp_options[] = {
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

static void parse_only(struct argp_state *state, struct labs_options *options, const char *list)
{
	bool wanted[MAX_LABS] = { false };
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
	options->count = 0;
	for (size_t i = 0; all_labs[i]; i++)
		if (wanted[i])
			options->labs[options->count++] = all_labs[i];
}

static error_t parse_labs(int key, char *arg, struct argp_state *state)
{
	struct labs_options *options = state->input;
	bool named = options->count;

	switch (key) {
	case KEY_ONLY: parse_only(state, options, arg); break;
	case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'; experiments are chosen by "
				      "--only LIST", arg); break;
	case ARGP_KEY_END:
		if (options->common.experiment.timeline)
			argp_error(state, "--timeline: only `switchtax run slowdown` has one");
		for (size_t i = 0; !named && all_labs[i]; i++)
			options->labs[options->count++] = all_labs[i];
		options__limits(&options->common.experiment, 0, TIME_LIMIT_S);
		break;
	default: return options__parse_shared(key, arg, state);
	}
	return 0;
}

/* The labs of one command, and what they have shown so far. */
struct lab_sheet {
	const struct options *options;
	struct session session;
	const struct lab *const *labs;
	size_t count;
	bool alone;			/* one lab of run: no scoreboard, and it has to be had */
	unsigned int given;		/* LAB_TAKES_*: what the command line has named */
	double budget_s;		/* of all; by default the sum of theirs */
	double default_s;
	struct progress progress;
	size_t ended;			/* labs that can be judged */
	uint64_t runs;
	uint64_t invalid;
	bool failed;
};

static struct lab_options lab_options_of(const struct lab_sheet *sheet)
{
	const struct options *options = sheet->options;
	const struct workload_parameters *parameters = &options->experiment.parameters;
	struct lab_options lab = {
		.seed = options->experiment.seed,
		.one_cpu = parameters->one_cpu,
		.nice = getpriority(PRIO_PROCESS, 0),
		.traced = sheet->session.tracer != NULL,
	};
	cpu_set_t usable;

	cpulist__parse(options->cpus, &usable);
	lab.cpus = (unsigned int)CPU_COUNT(&usable);
	if (sheet->given & LAB_TAKES_WORKERS)
		lab.workers = parameters->workers;
	if (sheet->given & LAB_TAKES_OBJECTS)
		lab.objects = parameters->objects;
	if (sheet->given & LAB_TAKES_LOCK)
		lab.lock = parameters->lock;
	if (sheet->given & LAB_TAKES_INTERVAL)
		lab.interval_us = parameters->interval_us;
	return lab;
}

static struct lab_request request_of(struct lab_sheet *sheet, const struct lab *lab,
				     double before_s)
{
	const struct experiment_options *experiment = &sheet->options->experiment;
	double scale = sheet->budget_s / sheet->default_s;

	return (struct lab_request){
		.blocks = {
			.name = lab->name,
			.options = experiment,
			.warm_up = lab->warm_up,
			.blocks = experiment->blocks ? experiment->blocks : lab->blocks,
			/* So many blocks as were asked for, unless time was as well. */
			.budget_s = experiment->blocks && !experiment->budget_s ?
				    0 : lab->budget_s * scale,
			.tracer = sheet->session.tracer,
			.record = &sheet->session.record,
			.progress = &sheet->progress,
			.from = before_s / sheet->default_s,
			.to = (before_s + lab->budget_s) / sheet->default_s,
		},
		.plan = lab->plan,
		.options = lab_options_of(sheet),
	};
}

/* Of several labs one that this machine refuses is undecided; one that failed is an error. */
static int one_lab(struct lab_sheet *sheet, const struct lab *lab, double before_s)
{
	const struct lab_request request = request_of(sheet, lab, before_s);
	struct lab_result result;
	int err = lab_run(&request, &result);
	bool refused = err == -EPERM && !sheet->alone;

	progress__clear(&sheet->progress);
	sheet->runs += result.runs;
	sheet->invalid += result.invalid;
	sheet->ended += !err || refused;
	session__note(&sheet->session, "stop_reasons", lab->name, result.end.stop_reason);
	if (refused) {
		log__warn("%s: %s", lab->name, result.end.refused);
		session__note(&sheet->session, "refused", lab->name, result.end.refused);
		return 0;
	}
	if (err && err != -EINTR)
		log__error("%s", result.end.error);
	return err;
}

/* A lab that fails does not take the others with it, unless nothing can be written any more. */
static int run_labs(struct lab_sheet *sheet)
{
	double before_s = 0;
	int err = 0;

	for (size_t i = 0; i < sheet->count && err != -EINTR && !*sheet->session.record.why; i++) {
		err = one_lab(sheet, sheet->labs[i], before_s);
		before_s += sheet->labs[i]->budget_s;
		sheet->failed |= err && err != -EINTR;
		if (err && sheet->count == 1)
			break;
	}
	return err == -EINTR || sheet->count == 1 ? err : 0;
}

/* Of a lab, only what the command line has named; and what else its judge asks for. */
static void list_parameters(struct lab_sheet *sheet)
{
	const struct experiment_options *experiment = &sheet->options->experiment;
	const struct workload_parameters *workload = &experiment->parameters;
	struct parameters *list = &sheet->session.parameters;
	unsigned int given = sheet->given;
	int nice = getpriority(PRIO_PROCESS, 0);

	if (nice)
		parameters__number(list, "nice", nice);
	if (given & LAB_TAKES_LOCK)
		parameters__text(list, "lock", workload->lock);
	if (given & LAB_TAKES_WORKERS)
		parameters__number(list, "workers", (double)workload->workers);
	if (given & LAB_TAKES_OBJECTS)
		parameters__number(list, "objects", (double)workload->objects);
	if (given & LAB_TAKES_INTERVAL)
		parameters__number(list, "interval_us", (double)workload->interval_us);
	parameters__limits(list, experiment);
}

static enum exit_status conclude(struct lab_sheet *sheet, int err)
{
	struct experiment_end end = { .kept = sheet->runs };
	const char *reason = err == -EINTR ? EXPERIMENT_INTERRUPTED :
			     err ? EXPERIMENT_FAILED : "all is done";
	enum exit_status status;

	snprintf(end.stop_reason, sizeof(end.stop_reason), "%s", reason);
	status = conclusion__of_blocks(&sheet->session, &end, err, sheet->ended);
	if (err == -EINVAL)
		return EXIT_USAGE;
	if (err == -EPERM)
		return EXIT_CANNOT_MEASURE;
	return status == EXIT_MEASURED && (sheet->failed || sheet->invalid) ? EXIT_NOT_VALID :
									      status;
}

static enum exit_status run_sheet(struct lab_sheet *sheet, const struct options *options)
{
	static const struct session_wish wish = { .untraced = UNTRACED_BY_BUILD,
						  .files = { .observations = true } };
	enum exit_status status = session__open(&sheet->session, options, &wish);

	if (status != EXIT_MEASURED)
		return status;
	sheet->options = options;
	for (size_t i = 0; i < sheet->count; i++)
		sheet->default_s += sheet->labs[i]->budget_s;
	sheet->budget_s = options->experiment.budget_s > 0 ? options->experiment.budget_s :
							     sheet->default_s;
	list_parameters(sheet);
	progress__init(&sheet->progress, options->quiet);
	return conclude(sheet, run_labs(sheet));
}

enum exit_status labs__one(const struct options *options, const struct lab *lab,
			   unsigned int given)
{
	struct lab_sheet sheet = { .labs = &lab, .count = 1, .alone = true, .given = given };

	return run_sheet(&sheet, options);
}

static enum exit_status command_labs(const struct options *options)
{
	const struct labs_options *own = (const struct labs_options *)options;
	struct lab_sheet sheet = { .labs = own->labs, .count = own->count };

	return run_sheet(&sheet, options);
}

const struct command command__labs = {
	.name = "labs", .summary = "every claim of the lab sheet, tested",
	.options_size = sizeof(struct labs_options), .action = command_labs,
	.argp = {
		labs_argp_options, parse_labs, "",
		"Run the experiments of the lab sheet and print the scoreboard: each claim with "
		"its verdict, the figure that it rests on, and why. The evidence is left as CSV."
		"\vExamples:\n"
		"  switchtax labs                       under ten minutes\n"
		"  switchtax labs --only race,C7        two experiments\n"
		"  switchtax labs --budget 120 -o results/quick\n"
		"  switchtax labs --format csv | column -ts,\n",
		options__common, NULL, NULL,
	},
};
