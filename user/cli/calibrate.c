// SPDX-License-Identifier: GPL-2.0-or-later
// `switchtax calibrate`: this machine's price list.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/kit/vector.h"
#include "prices/calibration.h"
#include "cli/commands.h"
#include "cli/conclusion.h"
#include "base/cpulist.h"
#include "base/log.h"
#include "base/progress.h"
#include "cli/parts.h"

#define LEAST_ROUNDS 5
#define MOST_ROUNDS 100000
#define TIME_LIMIT_S 120

static const struct argp_option calibrate_argp_options[] = {
	{ "blocks", KEY_BLOCKS, "N", 0, "rounds, each of which measures every price once (default: "
	  "as the budget says)", 1 },
	{ "budget", KEY_BUDGET, "SECONDS", 0,
	  "stop before this is exceeded (default 60, but at least five rounds)", 1 },
	{ "seed", KEY_SEED, "N", 0, "of the order in a round (default: the time)", 1 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0, "of a single run (default 120)", 1 },
	{ "no-bpf", KEY_NO_BPF, NULL, 0, "leave out what needs probes", 1 },
	{ 0 },
};

static error_t parse_calibrate(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	if (key != ARGP_KEY_END)
		return options__parse_plain(key, arg, state);
	if (options->experiment.timeline)
		argp_error(state, "--timeline: only `switchtax run slowdown` has one");
	options__limits(&options->experiment, 0, TIME_LIMIT_S);
	return 0;
}

static unsigned int count_cpus(const struct options *options)
{
	cpu_set_t usable;

	cpulist__parse(options->cpus, &usable);
	return (unsigned int)CPU_COUNT(&usable);
}

static struct lab_request request_of(struct session *session, struct calibration_beside *beside,
				     struct progress *progress)
{
	const struct experiment_options *experiment = &session->options->experiment;
	bool by_budget = experiment->budget_s > 0;

	return (struct lab_request){
		.blocks = {
			.name = CALIBRATION_NAME,
			.options = experiment,
			.blocks = experiment->blocks ? experiment->blocks : MOST_ROUNDS,
			.least_blocks = experiment->blocks || by_budget ? 1 : LEAST_ROUNDS,
			.budget_s = by_budget ? experiment->budget_s :
				    experiment->blocks ? 0 : CALIBRATION_BUDGET_S,
			.tracer = session->tracer,
			.record = &session->record,
			.progress = progress,
			.to = 1,
		},
		.plan = calibration__plan,
		.options = { .seed = experiment->seed, .cpus = count_cpus(session->options),
			     .one_cpu = experiment->parameters.one_cpu,
			     .traced = session->tracer != NULL },
		.after_block = calibration__beside,
		.after_block_arg = beside,
	};
}

static void miss(struct session *session, const char *what, const char *why)
{
	if (why && *why)
		session__note(session, "not_measured", what, why);
}

static void list_missing(struct session *session, const struct calibration_beside *beside)
{
	const char *no_probes = beside->no_probes;

	if (!session->tracer)
		no_probes = session->untraced_reason;
	miss(session, "probe_hit", no_probes);
	miss(session, "perf_bench_sched_pipe", beside->no_perf);
	if (!calibration__contends())
		miss(session, "lock_contended", "the workload `contend` is not there");
	if (count_cpus(session->options) < 2)
		miss(session, "switches across CPUs", "only one CPU can be used");
	if (vector_widest() == VECTOR_NONE)
		miss(session, "switch thread-vector", "no vector registers that we know (AVX)");
}

static enum exit_status conclude(struct session *session, const struct calibration_beside *beside,
				 const struct lab_result *result, int err)
{
	enum exit_status status;

	list_missing(session, beside);
	parameters__number(&session->parameters, "rounds", (double)result->end.blocks_done);
	status = conclusion__of_blocks(session, &result->end, err, true);
	if (result->invalid)
		log__error("not valid: %lu of %lu runs, see runs.csv",
			   (unsigned long)result->invalid, (unsigned long)result->runs);
	return err == -EPERM ? EXIT_CANNOT_MEASURE : status;
}

static enum exit_status command_calibrate(const struct options *options)
{
	static const struct session_wish wish = { .untraced = UNTRACED_ANYWAY,
						  .files = { .observations = true } };
	struct calibration_beside beside;
	struct lab_request request;
	struct lab_result result;
	struct progress progress;
	struct session session;
	enum exit_status status = session__open(&session, options, &wish);
	int err;

	if (status != EXIT_MEASURED)
		return status;
	parameters__limits(&session.parameters, &options->experiment);
	progress__init(&progress, options->quiet);
	calibration__prepare(&beside, session.tracer, options->experiment.parameters.one_cpu);
	request = request_of(&session, &beside, &progress);
	err = lab_run(&request, &result);
	progress__clear(&progress);
	return conclude(&session, &beside, &result, err);
}

const struct command command__calibrate = {
	.name = "calibrate", .summary = "this machine's price list",
	.options_size = sizeof(struct options), .action = command_calibrate,
	.argp = {
		calibrate_argp_options, parse_calibrate, "",
		"Measure what things cost on this machine, each with its spread: a context switch "
		"between threads and between processes, on one CPU and across two, with caches to "
		"refill; a minor page fault; each lock, alone and contended; each kind of probe. "
		"`perf bench sched pipe` runs beside them, where there is a perf."
		"\vExamples:\n"
		"  switchtax calibrate                       about a minute\n"
		"  switchtax calibrate --budget 20 --cpus 1\n"
		"  switchtax calibrate --format csv | grep ^switch,\n"
		"  switchtax calibrate --no-bpf              needs no root\n",
		options__common, NULL, NULL,
	},
};
