// SPDX-License-Identifier: GPL-2.0-or-later
// Reads numbers on stdin and prints what the loader's statistics make of them, with all their
// digits: for the tests that hold them against another implementation.
//
//	value X
//	point BLOCK HANDOFFS EXCESS_MS
//	run ARM BLOCK TRACED VALID WALL_MS HANDOFFS ACQUISITIONS FAULTS_MS and the lock's states in ms
//	end
//
// "end" ends an experiment and answers it; the next one begins with nothing. Runs are judged as
// those of the built-in experiment. The arguments are the prices of a lock operation and of a
// switch in ns.
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/verdict/dose.h"
#include "../../user/labs/headline.h"
#include "../../user/program/arm_name.h"
#include "../../user/verdict/judge.h"
#include "../../user/verdict/verdict.h"

#define MAX_VALUES 100000

static struct {
	double values[MAX_VALUES];
	struct dose_point points[MAX_VALUES];
	struct dose_line lines[MAX_VALUES];
	size_t nvalues, npoints;
	struct trials trials;
	struct verdict verdict;
	struct verdict_prices prices;
} in;

static void print(const char *name, const char *part, const struct interval *interval)
{
	printf("%s%s %.17g %.17g %.17g %zu\n", name, part, interval->mid, interval->low,
	       interval->high, interval->n);
}

static bool read_value(const char *line)
{
	return sscanf(line, "value %lf", &in.values[in.nvalues]) == 1 &&
	       ++in.nvalues < MAX_VALUES;
}

static bool read_point(const char *line)
{
	struct dose_point *point = &in.points[in.npoints];

	return sscanf(line, "point %" SCNu64 " %lf %lf", &point->block, &point->handoffs,
		      &point->excess_ms) == 3 && ++in.npoints < MAX_VALUES;
}

static bool read_run(const char *line)
{
	struct trial trial = { .has_lock = true, .sampled = true };
	int traced, valid, used = 0;

	if (sscanf(line, "run %63s %" SCNu64 " %d %d %lf %lf %lf %lf%n", trial.arm,
		   &trial.block, &traced, &valid, &trial.wall_ms, &trial.handoffs,
		   &trial.acquisitions, &trial.running_ms[SAMPLE_KIND_FAULT], &used) != 8)
		return false;
	trial.traced = traced;
	trial.valid = valid;
	trial.interval_us = arm_name__split(trial.arm, trial.of);
	for (int state = 0; state < LOCK_STATES; state++) {
		char *end;

		trial.lock_ms[state] = strtod(line + used, &end);
		if (end == line + used)
			return false;
		used = (int)(end - line);
	}
	return trials__add(&in.trials, &trial) == 0;
}

static int answer_values(void)
{
	struct interval interval;

	printf("median %.17g\n", stats__median(in.values, in.nvalues));
	if (stats__median_interval(in.values, in.nvalues, &interval))
		return -1;
	print("interval", "", &interval);
	return 0;
}

static int answer_points(void)
{
	int count = dose__lines(in.points, in.npoints, in.lines);
	struct dose_fit fit;

	for (int i = 0; i < count; i++)
		printf("line %" PRIu64 " %.17g %.17g\n", in.lines[i].block, in.lines[i].slope_us,
		       in.lines[i].intercept_ms);
	if (dose__fit(in.points, in.npoints, &fit))
		return -1;
	print("slope_us", "", &fit.slope_us);
	print("intercept_ms", "", &fit.intercept_ms);
	return 0;
}

/* Wide by itself, as the labs ask for it. */
static int print_wide(void)
{
	const struct verdict_question *question = &headline__question;
	struct interval share;
	int err = dose__share(&in.trials, question->base, question->other, &share);

	if (!err)
		print("wide", ".share", &share);
	return err;
}

static int answer_runs(void)
{
	const struct verdict *verdict = &in.verdict;
	int err = verdict__judge(&in.trials, &headline__question, &in.prices, &in.verdict);

	if (!err) {
		print("slowdown", "", &verdict->slowdown);
		print("excess", "", &verdict->excess_ms);
	}
	for (int i = 0; i < VERDICT_COMPONENTS && !err; i++) {
		char name[128];

		snprintf(name, sizeof(name), "%s.%s", verdict__method(i),
			 verdict__component(&headline__question, i));
		print(name, "", &verdict->parts[i].ms);
		print(name, ".share", &verdict->parts[i].share);
	}
	if (!err)
		err = print_wide();
	verdict__free(&in.verdict);
	return err;
}

static int answer(void)
{
	int err = 0;

	if (in.nvalues)
		err = answer_values();
	if (!err && in.npoints)
		err = answer_points();
	if (!err && in.trials.count)
		err = answer_runs();
	puts("end");
	in.nvalues = 0;
	in.npoints = 0;
	in.trials.count = 0;
	return err;
}

int main(int argc, char **argv)
{
	char line[1024];

	in.prices.lock_operation_ns = argc > 1 ? strtod(argv[1], NULL) : 0;
	in.prices.switch_ns = argc > 2 ? strtod(argv[2], NULL) : 0;
	while (fgets(line, sizeof(line), stdin)) {
		if (strcmp(line, "end\n") == 0) {
			if (answer())
				return 1;
		} else if (!read_value(line) && !read_point(line) && !read_run(line)) {
			fprintf(stderr, "statistics: cannot read: %s", line);
			return 2;
		}
	}
	trials__free(&in.trials);
	return 0;
}
