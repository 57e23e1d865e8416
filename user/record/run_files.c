// SPDX-License-Identifier: GPL-2.0-or-later
// Puts the rows of several files back into the runs that they came from.
#include "record/run_files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "ledger/histograms.h"
#include "record/lock_files.h"

struct reading {
	const struct folder *folder;
	struct run_files *files;
	struct csv_error *error;
};

/* NULL: of a run that did not end, and so is not in runs.csv. */
static struct run *run_of(const struct reading *reading, const char *run_id)
{
	size_t index = folder__find(reading->folder, run_id);

	return index < reading->folder->count ? &reading->files->runs[index] : NULL;
}

static uint64_t or_zero(uint64_t value)
{
	return value == COLUMN_MISSING_U64 ? 0 : value;
}

static int on_thread(const void *data, void *arg)
{
	const struct thread_row *row = data;
	struct reading *reading = arg;
	struct run *run = run_of(reading, row->run_id);
	struct ledger_thread *thread;
	void *threads;

	if (!run)
		return 0;
	threads = list__grow(run->ledger.threads, run->ledger.nthreads, sizeof(*thread));
	if (!threads)
		return -ENOMEM;
	run->ledger.threads = threads;
	thread = &run->ledger.threads[run->ledger.nthreads++];
	*thread = (struct ledger_thread){
		.tid = (uint32_t)row->tid,
		.life_ns = row->life_ns,
		.ns = { [THREAD_CPU] = row->cpu_ns, [THREAD_READY] = row->ready_ns,
			[THREAD_LOCK_WAIT] = or_zero(row->lock_wait_ns),
			[THREAD_BLOCKED] = row->blocked_ns },
		.switches = { [VOLUNTARY] = row->switches_voluntary,
			      [INVOLUNTARY] = row->switches_involuntary },
		.kernel = { [VOLUNTARY] = row->kernel_voluntary,
			    [INVOLUNTARY] = row->kernel_involuntary },
		.acquisitions = or_zero(row->acquisitions),
		.handoffs_in = or_zero(row->handoffs_in),
	};
	columns__set_text(thread->comm, sizeof(thread->comm), row->comm);
	return 0;
}

static int on_state(const void *data, void *arg)
{
	const struct ledger_row *row = data;
	struct run *run = run_of(arg, row->run_id);

	if (!run)
		return 0;
	for (int state = 0; state < LOCK_STATES; state++)
		if (strcmp(row->state, ledger__lock_state(state)) == 0)
			run->ledger.lock_ns[state] = row->ns;
	return 0;
}

static int on_bucket(const void *data, void *arg)
{
	const struct histogram_row *row = data;
	const struct reading *reading = arg;
	struct run *run = run_of(reading, row->run_id);
	char value[COLUMN_NUMBER_SIZE];

	if (!run)
		return 0;
	for (int which = 0; which < HISTOGRAMS; which++) {
		if (strcmp(row->histogram, histograms__name(which)))
			continue;
		for (int bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
			if (histograms__low_ns(which, bucket) != row->low_ns)
				continue;
			run->histogram[which][bucket] = row->count;
			return 0;
		}
		snprintf(value, sizeof(value), "%" PRIu64, row->low_ns);
		return csv__refuse(reading->error, "low_ns", value,
				   "no bucket of this histogram begins there");
	}
	return 0;
}

static int on_lock(const void *data, void *arg)
{
	const struct lock_row *row = data;
	struct run *run = run_of(arg, row->run_id);

	if (run)
		lock_files__take(row, run);
	return 0;
}

static int on_futex(const void *data, void *arg)
{
	const struct futex_row *row = data;
	struct reading *reading = arg;
	struct run *run = run_of(reading, row->run_id);
	struct futex_wait *wait;
	void *items;

	if (!run)
		return 0;
	items = list__grow(run->futexes.items, run->futexes.count, sizeof(*wait));
	if (!items)
		return -ENOMEM;
	run->futexes.items = items;
	wait = &run->futexes.items[run->futexes.count++];
	*wait = (struct futex_wait){
		.pid = (uint32_t)row->pid,
		.address = strtoull(row->address, NULL, 16),
		.waiter_tid = (uint32_t)row->waiter_tid,
		.waker_tid = (uint32_t)or_zero(row->waker_tid),
		.waits = row->waits,
		.wait_ns = row->wait_ns,
	};
	columns__set_text(wait->name, sizeof(wait->name), row->name);
	return 0;
}

static int on_observation(const void *data, void *arg)
{
	struct reading *reading = arg;
	struct run_files *files = reading->files;
	struct observation observation = { .row = *(const struct observation_row *)data };
	size_t index = folder__find(reading->folder, observation.row.run_id);
	void *run_of_each;

	if (observation.row.block > FOLDER_MAX_BLOCK)
		return csv__refuse(reading->error, "block", "", "expected a block from 0 to %d",
				   FOLDER_MAX_BLOCK);
	run_of_each = list__grow(files->run_of, files->observations.count, sizeof(*files->run_of));
	if (!run_of_each)
		return -ENOMEM;
	files->run_of = run_of_each;
	files->run_of[files->observations.count] = index;
	if (index < files->count)
		observation.traced = files->runs[index].traced;
	return observations__add(&files->observations, &observation);
}

/* What runs.csv itself says. */
static void fill(struct run *run, const struct folder_run *from)
{
	const struct run_row *row = &from->row;
	struct ledger *ledger = &run->ledger;

	run->row = *row;
	run->traced = row->traced == 1;
	run->lock.found = *row->lock != '\0';
	columns__set_text(run->lock.why, sizeof(run->lock.why), row->lock_reason);
	ledger->has_lock = from->states != 0;
	ledger->window_ns = or_zero(row->window_ns);
	ledger->valid = row->valid == 1;
	columns__set_text(ledger->reason, sizeof(ledger->reason), row->reason);
	ledger->events_lost = or_zero(row->events_lost);
	ledger->migrations = or_zero(row->migrations);
	ledger->switches[VOLUNTARY] = or_zero(row->switches_voluntary);
	ledger->switches[INVOLUNTARY] = or_zero(row->switches_involuntary);
	ledger->acquisitions = or_zero(row->acquisitions);
	ledger->releases = or_zero(row->releases);
	ledger->handoffs = or_zero(row->handoffs);
	ledger->handoffs_forced = or_zero(row->handoffs_forced);
	ledger->half_seen = or_zero(row->half_seen);
}

static int read_all(struct reading *reading)
{
	static const struct {
		const struct table *table;
		int (*on_row)(const void *row, void *arg);
		bool optional;
	} files[] = {
		{ &rows__threads, on_thread, false },
		{ &rows__ledger, on_state, false },
		{ &rows__histograms, on_bucket, false },
		{ &rows__locks, on_lock, true },
		{ &rows__futexes, on_futex, true },
		{ &rows__observations, on_observation, true },
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && !err; i++) {
		const char *name = files[i].table->file;

		if (files[i].optional && !folder__has(reading->folder, name))
			continue;
		err = csv__read(reading->folder->dirfd, name, files[i].table, files[i].on_row,
				reading, reading->error);
	}
	return err;
}

int run_files__read(const struct folder *folder, struct run_files *files,
		    struct csv_error *error)
{
	struct reading reading = { folder, files, error };

	*files = (struct run_files){ .runs = calloc(folder->count, sizeof(struct run)) };
	if (!files->runs)
		return -ENOMEM;
	files->count = folder->count;
	for (size_t i = 0; i < folder->count; i++)
		fill(&files->runs[i], &folder->runs[i]);
	return read_all(&reading);
}

void run_files__free(struct run_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		run__free(&files->runs[i]);
	free(files->runs);
	observations__free(&files->observations);
	free(files->run_of);
	*files = (struct run_files){ 0 };
}
