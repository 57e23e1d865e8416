// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A spin lock that serves in order passes to a thread that may have no CPU, and all others spin
 * until the scheduler runs that one. With more threads than CPUs that is a time slice for a step:
 * a run takes hours, or the time limit. Better said before than found out.
 */
#include "labs/lock_warning.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "workloads/crowd/arms.h"
#include "workloads/locks/lock.h"
#include "base/cpulist.h"
#include "labs/headline.h"
#include "program/arm_name.h"

struct crowd {
	uint64_t cpus;			/* that may be used */
	char crowded[128];		/* arms with more threads than CPUs, with commas */
	char rest[160];			/* arms left if nothing is pinned to one CPU */
	bool too_many;			/* threads for all CPUs there are */
	bool one_cpu;			/* one of them has a single CPU, whatever there is */
};

static void add_name(char *names, size_t size, const char *name)
{
	size_t length = strlen(names);

	snprintf(names + length, size - length, "%s%s", length ? "," : "", name);
}

static void add_arm(struct crowd *crowd, const char *name, uint64_t workers)
{
	const struct arm *threads = arm_find(headline__question.other);
	const struct arm *arm = arm_name__asked_us(name, threads->name) ? threads : arm_find(name);
	bool in_threads = arm && arm->run == threads->run;

	if (in_threads && workers > (arm->one_cpu ? 1 : crowd->cpus)) {
		add_name(crowd->crowded, sizeof(crowd->crowded), name);
		crowd->one_cpu |= arm->one_cpu;
		crowd->too_many |= !arm->one_cpu;
	}
	if (!in_threads || !arm->one_cpu)
		add_name(crowd->rest, sizeof(crowd->rest), name);
}

/* Fewer workers do not help the arm on one CPU, unless it is one worker. */
static void advise(const struct crowd *crowd, char *text, size_t size)
{
	size_t length;

	if (crowd->cpus < 2 || !*crowd->rest) {
		snprintf(text, size, "take another lock");
		return;
	}
	snprintf(text, size, "take another lock, or");
	length = strlen(text);
	if (crowd->too_many)
		snprintf(text + length, size - length, " --workers %" PRIu64, crowd->cpus);
	length = strlen(text);
	if (crowd->one_cpu)
		snprintf(text + length, size - length, "%s --arms %s",
			 crowd->too_many ? " and" : "", crowd->rest);
}

bool lock_warning__text(const struct experiment_options *options, char *text, size_t size)
{
	const struct lock_kind *kind = lock_kind_find(options->parameters.lock);
	uint64_t workers = options->parameters.workers;
	struct crowd crowd = { 0 };
	char advice[256];
	cpu_set_t usable;

	if (!kind || !kind->spins_in_order || cpulist__parse(options->cpus, &usable))
		return false;
	crowd.cpus = (uint64_t)CPU_COUNT(&usable);
	for (size_t i = 0; i < options->narms; i++)
		add_arm(&crowd, options->arms[i], workers);
	if (!*crowd.crowded)
		return false;
	advise(&crowd, advice, sizeof(advice));
	snprintf(text, size, "the lock '%s' spins and serves in order: with more threads than CPUs "
		 "it all but stands still. That is so for %" PRIu64 " workers in %s (%" PRIu64
		 " CPU%s can be used; threads-1cpu has 1), which will likely run into the time "
		 "limit; %s", kind->name, workers, crowd.crowded, crowd.cpus,
		 crowd.cpus == 1 ? "" : "s", advice);
	return true;
}
