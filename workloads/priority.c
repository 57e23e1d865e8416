// SPDX-License-Identifier: GPL-2.0-or-later
// What priorities do on one CPU: nice levels, turns, pre-emption; and what births do.
//
// Policies and nice levels are those of threads of this process, which end with it. Real-time
// ones are held under guard (realtime.h), and refused where no CPU would be left.
#include <argp.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "kit/arguments.h"
#include "priority/priority.h"
#include "crowd/realtime.h"

static const struct part {
	const char *name;
	int (*run)(const struct priority_options *options, struct window *window);
	int policy;		/* unless another is asked for */
	bool takes_policy;
} parts[] = {
	{ "nice", priority_nice, SCHED_OTHER, false },
	{ "rotation", priority_rotation, SCHED_RR, true },
	{ "preemption", priority_preemption, SCHED_FIFO, true },
	{ "births", priority_births, SCHED_OTHER, false },
};

static const struct {
	const char *name;
	int policy;
} policies[] = {
	{ "other", SCHED_OTHER },
	{ "batch", SCHED_BATCH },
	{ "rr", SCHED_RR },
	{ "fifo", SCHED_FIFO },
};

struct options {
	struct priority_options common;
	const struct part *part;
	bool has_policy;
	bool optional;		/* what the machine refuses is evidence, not a failure */
};

static const struct argp_option argp_options[] = {
	{ "part", 'p', "NAME", 0, "nice, rotation, preemption, births (default: nice)", 0 },
	{ "cpu", 'c', "N", 0, "the CPU that is shared (default: the first usable)", 0 },
	{ "ms", 'm', "N", 0, "nice, rotation: how long (default: 800, which is also the most "
			     "for real-time policies)", 0 },
	{ "nice", 'n', "LIST", 0, "nice levels of the spinners (default: 0,5,10)", 0 },
	{ "policy", 'P', "NAME", 0, "other, batch, rr, fifo (default: rr for rotation, fifo for "
				    "preemption)", 0 },
	{ "priority", 'q', "N", 0, "of a real-time policy, 1 to 98 (default: 10)", 0 },
	{ "wakes", 'w', "N", 0, "preemption: wake-ups (default: 200)", 0 },
	{ "forks", 'f', "N", 0, "births: forks, and as many marks (default: 200)", 0 },
	{ "optional", 'o', NULL, 0, "a policy that this machine refuses is no failure", 0 },
	{ 0 },
};

#define RT_MAX_MS 800

static void parse_part(struct argp_state *state, struct options *options, const char *name)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strcmp(parts[i].name, name) == 0) {
			options->part = &parts[i];
			return;
		}
	argp_error(state, "--part: '%s' is not one of nice, rotation, preemption, births", name);
}

static void parse_policy(struct argp_state *state, struct options *options, const char *name)
{
	options->has_policy = true;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (strcmp(policies[i].name, name) == 0) {
			options->common.policy = policies[i].policy;
			return;
		}
	argp_error(state, "--policy: '%s' is not one of other, batch, rr, fifo", name);
}

static void parse_nice(struct argp_state *state, struct priority_options *options, const char *text)
{
	const char *rest = text;
	char *end;

	options->nice_count = 0;
	do {
		long level = strtol(rest, &end, 10);

		if (end == rest || (*end && *end != ',') || level < -20 || level > 19 ||
		    options->nice_count == PRIORITY_MAX_NICE) {
			argp_error(state, "--nice: '%s' is not a list of 1 to %d levels from -20 "
				   "to 19, as in 0,5,10", text, PRIORITY_MAX_NICE);
			return;
		}
		options->nice[options->nice_count++] = (int)level;
		rest = end + 1;
	} while (*end);
}

/* What does not fit together. */
static void check(struct argp_state *state, struct options *options)
{
	struct priority_options *common = &options->common;

	if (options->has_policy && !options->part->takes_policy)
		argp_error(state, "--policy: part %s takes none; rotation and preemption do",
			   options->part->name);
	if (!options->has_policy)
		common->policy = options->part->policy;
	if (realtime_policy(common->policy) && common->ms > RT_MAX_MS)
		argp_error(state, "--ms: a real-time policy may have at most %d", RT_MAX_MS);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct priority_options *common = &options->common;

	switch (key) {
	case 'p': parse_part(state, options, arg); break;
	case 'c': common->cpu = argument_cpu(state, "cpu", arg); break;
	case 'm': common->ms = argument_number(state, "ms", arg, 1, 60000); break;
	case 'n': parse_nice(state, common, arg); break;
	case 'P': parse_policy(state, options, arg); break;
	case 'q': common->priority = (int)argument_number(state, "priority", arg, 1, 98); break;
	case 'w':
		common->wakes = (unsigned int)argument_number(state, "wakes", arg, 1, 100000);
		break;
	case 'f':
		common->forks = (unsigned int)argument_number(state, "forks", arg, 1, 100000);
		break;
	case 'o': options->optional = true; break;
	case ARGP_KEY_END: check(state, options); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* The best level that is asked for, if that is better than this program's own. */
static bool asks_for_better(const struct options *options, int *own, int *best)
{
	*own = getpriority(PRIO_PROCESS, 0);
	*best = *own;
	if (options->part->run != priority_nice)
		return false;
	for (unsigned int i = 0; i < options->common.nice_count; i++)
		if (options->common.nice[i] < *best)
			*best = options->common.nice[i];
	return *best < *own;
}

/* Returns the exit status. */
static int explain(const struct options *options, int err)
{
	const char *what = options->part->name;
	int own, best;

	if (err == -EBUSY)
		fprintf(stderr, "priority: %s: a real-time policy needs one CPU more, which is "
			"left to the system; allow a second CPU\n", what);
	else if ((err == -EPERM || err == -EACCES) && asks_for_better(options, &own, &best))
		fprintf(stderr, "priority: %s: this program was started at nice level %d, and may "
			"not go to level %d: ask for levels from %d to 19 with --nice, start it "
			"without `nice`, run it as root (CAP_SYS_NICE), or raise the limit `ulimit "
			"-e`\n", what, own, best, own);
	else if (err == -EPERM || err == -EACCES)
		fprintf(stderr, "priority: %s: this machine refuses the priority: %s; run it as "
			"root (CAP_SYS_NICE), or raise the limits `ulimit -r` and `ulimit -e`\n",
			what, strerror(-err));
	else
		fprintf(stderr, "priority: %s: %s\n", what, strerror(-err));
	return err == -EBUSY || err == -EPERM || err == -EACCES ? 3 : 1;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Ask the scheduler what priorities are worth on one CPU.", NULL, NULL, NULL };
	struct options options = {
		.common = { .cpu = argument_first_cpu(), .ms = RT_MAX_MS, .nice = { 0, 5, 10 },
			    .nice_count = 3, .priority = 10, .wakes = 200, .forks = 200 },
		.part = &parts[0],
	};
	struct window window;
	int err, status = 0;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	err = options.part->run(&options.common, &window);
	if (err)
		status = explain(&options, err);
	if (status == 3 && options.optional) {
		evidence("realtime", "refused", 1, "count");
		status = 0;
	}
	if (!status)
		window_print(&window);
	return status;
}
