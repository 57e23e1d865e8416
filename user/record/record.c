// SPDX-License-Identifier: GPL-2.0-or-later
// Turns a settled run into rows.
#include "record/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/histograms.h"
#include "record/lock_files.h"
#include "timeline/format.h"

static const struct table *const tables[RECORD_FILES] = {
	[RECORD_RUNS] = &rows__runs,
	[RECORD_THREADS] = &rows__threads,
	[RECORD_LEDGER] = &rows__ledger,
	[RECORD_LOCKS] = &rows__locks,
	[RECORD_HISTOGRAMS] = &rows__histograms,
	[RECORD_HANDOFFS] = &rows__handoffs,
	[RECORD_FUTEXES] = &rows__futexes,
	[RECORD_STACKS] = &rows__stacks,
	[RECORD_LOSSES] = &rows__losses,
	[RECORD_OBSERVATIONS] = &rows__observations,
	[RECORD_LABS] = &rows__labs,
};

static int explain(struct record *record, enum record_file file, int err)
{
	results__explain(record->results, tables[file]->file, err, record->why,
			 sizeof(record->why));
	return err;
}

static bool is_wanted(const struct record_wish *wish, enum record_file file)
{
	switch (file) {
	case RECORD_HANDOFFS: return wish->handoffs;
	case RECORD_FUTEXES: return wish->futexes;
	case RECORD_STACKS:
	case RECORD_LOSSES: return wish->stacks;
	case RECORD_OBSERVATIONS: return wish->observations;
	case RECORD_LABS: return wish->labs;
	default: return true;
	}
}

int record__open(struct record *record, struct results *results, const struct record_wish *wish)
{
	*record = (struct record){ .results = results };
	for (int file = 0; file < RECORD_FILES; file++) {
		int err;

		if (!is_wanted(wish, file))
			continue;
		err = csv__open(&record->files[file], results->dirfd, tables[file]->file,
				tables[file]);
		if (err) {
			explain(record, file, err);
			record__abandon(record);
			return err;
		}
		record->open[file] = true;
	}
	return 0;
}

static int append(struct record *record, enum record_file file, const void *row)
{
	int err = csv__append(&record->files[file], row);

	return err ? explain(record, file, err) : 0;
}

static void thread_row(struct thread_row *row, const struct run *run, size_t index)
{
	const struct ledger_thread *thread = &run->ledger.threads[index];

	columns__clear(&rows__threads, row);
	columns__set_text(row->run_id, sizeof(row->run_id), run->row.run_id);
	columns__set_text(row->comm, sizeof(row->comm), thread->comm);
	row->thread = index + 1;
	row->tid = thread->tid;
	row->life_ns = thread->life_ns;
	row->cpu_ns = thread->ns[THREAD_CPU];
	row->ready_ns = thread->ns[THREAD_READY];
	row->blocked_ns = thread->ns[THREAD_BLOCKED];
	row->switches_voluntary = thread->switches[VOLUNTARY];
	row->switches_involuntary = thread->switches[INVOLUNTARY];
	row->kernel_voluntary = thread->kernel[VOLUNTARY];
	row->kernel_involuntary = thread->kernel[INVOLUNTARY];
	if (run->ledger.has_lock) {
		row->lock_wait_ns = thread->ns[THREAD_LOCK_WAIT];
		row->acquisitions = thread->acquisitions;
		row->handoffs_in = thread->handoffs_in;
	}
}

static int write_threads(struct record *record, const struct run *run)
{
	int err = 0;

	for (size_t i = 0; i < run->ledger.nthreads && !err; i++) {
		struct thread_row row;

		thread_row(&row, run, i);
		err = append(record, RECORD_THREADS, &row);
	}
	return err;
}

/* Hand-off states have one interval per hand-off; of the others only the sum is kept. */
static uint64_t state_count(const struct ledger *ledger, enum lock_state state)
{
	bool of_handoff = state == HANDOFF_SIGNAL || state == HANDOFF_QUEUE ||
			  state == HANDOFF_TAKE;

	return of_handoff ? ledger->handoffs : COLUMN_MISSING_U64;
}

/* The parts of held_running; without a sample nothing is known of them. */
static int write_held_running(struct record *record, const struct run *run)
{
	uint64_t parts[SAMPLE_KINDS];
	int err = 0;

	if (!run_samples__split(&run->samples, run->ledger.lock_ns[HELD_RUNNING], parts))
		return 0;
	for (int kind = 0; kind < SAMPLE_KINDS && !err; kind++) {
		struct ledger_row row;

		columns__clear(&rows__ledger, &row);
		columns__set_text(row.run_id, sizeof(row.run_id), run->row.run_id);
		snprintf(row.state, sizeof(row.state), "%s.%s", ledger__lock_state(HELD_RUNNING),
			 sample_kind__name(kind));
		row.ns = parts[kind];
		row.count = run->samples.stacks.samples[kind];
		err = append(record, RECORD_LEDGER, &row);
	}
	return err;
}

static int write_ledger(struct record *record, const struct run *run)
{
	int err = 0;

	if (!run->ledger.has_lock)
		return 0;
	for (int state = 0; state < LOCK_STATES && !err; state++) {
		struct ledger_row row;

		columns__clear(&rows__ledger, &row);
		columns__set_text(row.run_id, sizeof(row.run_id), run->row.run_id);
		columns__set_text(row.state, sizeof(row.state), ledger__lock_state(state));
		row.ns = run->ledger.lock_ns[state];
		row.count = state_count(&run->ledger, state);
		err = append(record, RECORD_LEDGER, &row);
	}
	return err ? err : write_held_running(record, run);
}

static int write_histogram(struct record *record, const struct run *run, enum histogram which)
{
	int err = 0;

	for (int bucket = 0; bucket < HISTOGRAM_BUCKETS && !err; bucket++) {
		struct histogram_row row;

		if (!run->histogram[which][bucket])
			continue;
		columns__clear(&rows__histograms, &row);
		columns__set_text(row.run_id, sizeof(row.run_id), run->row.run_id);
		columns__set_text(row.histogram, sizeof(row.histogram), histograms__name(which));
		row.low_ns = histograms__low_ns(which, bucket);
		if (bucket < HISTOGRAM_BUCKETS - 1)
			row.high_ns = histograms__low_ns(which, bucket + 1);
		row.count = run->histogram[which][bucket];
		err = append(record, RECORD_HISTOGRAMS, &row);
	}
	return err;
}

static int write_histograms(struct record *record, const struct run *run)
{
	int err = 0;

	for (int which = 0; which < HISTOGRAMS && !err; which++)
		err = write_histogram(record, run, which);
	return err;
}

static int write_handoffs(struct record *record, const struct run *run)
{
	int err = 0;

	if (!record->open[RECORD_HANDOFFS])
		return 0;
	for (size_t i = 0; i < run->handoffs.count && !err; i++) {
		const struct handoff_event *event = &run->handoffs.events[i];
		struct handoff_row row = {
			.t_ns = event->t_ns - run->start_ns,
			.from_tid = event->from_tid,
			.to_tid = event->to_tid,
			.from_cpu = event->from_cpu,
			.to_cpu = event->to_cpu,
			.forced = event->forced != 0,
			.signal_ns = event->signal_ns,
			.queue_ns = event->queue_ns,
			.take_ns = event->take_ns,
		};

		columns__set_text(row.run_id, sizeof(row.run_id), run->row.run_id);
		err = append(record, RECORD_HANDOFFS, &row);
	}
	return err;
}

static int write_futexes(struct record *record, const struct run *run)
{
	int err = 0;

	if (!record->open[RECORD_FUTEXES])
		return 0;
	for (size_t i = 0; i < run->futexes.count && !err; i++) {
		const struct futex_wait *wait = &run->futexes.items[i];
		struct futex_row row;

		columns__clear(&rows__futexes, &row);
		columns__set_text(row.run_id, sizeof(row.run_id), run->row.run_id);
		snprintf(row.address, sizeof(row.address), "0x%" PRIx64, wait->address);
		columns__set_text(row.name, sizeof(row.name), wait->name);
		row.waiter_tid = wait->waiter_tid;
		if (wait->waker_tid)
			row.waker_tid = wait->waker_tid;
		row.waits = wait->waits;
		row.wait_ns = wait->wait_ns;
		row.pid = wait->pid;
		err = append(record, RECORD_FUTEXES, &row);
	}
	return err;
}

static int write_stacks(struct record *record, const struct run *run)
{
	const struct stacks *stacks = &run->samples.stacks;
	struct stack_row *row;
	int err = 0;

	if (!record->open[RECORD_STACKS] || !stacks->count)
		return 0;
	row = malloc(sizeof(*row));
	if (!row)
		return explain(record, RECORD_STACKS, -ENOMEM);
	for (size_t i = 0; i < stacks->count && !err; i++) {
		const struct stack *stack = stacks->list[i];

		columns__clear(&rows__stacks, row);
		columns__set_text(row->run_id, sizeof(row->run_id), run->row.run_id);
		columns__set_text(row->kind, sizeof(row->kind), sample_kind__name(stack->kind));
		columns__set_text(row->stack, sizeof(row->stack), stack->text);
		row->samples = stack->samples;
		err = append(record, RECORD_STACKS, row);
	}
	free(row);
	return err;
}

static int write_locks(struct record *record, const struct run *run)
{
	int err = run->traced ? lock_files__write(&record->files[RECORD_LOCKS], run) : 0;

	return err ? explain(record, RECORD_LOCKS, err) : 0;
}

static int write_losses(struct record *record, const struct run *run)
{
	struct run_samples samples = run->samples;
	int err = 0;

	if (!record->open[RECORD_LOSSES])
		return 0;
	for (size_t cause = 0; run_samples__loss_name(cause) && !err; cause++) {
		struct loss_row row = { .count = *run_samples__loss(&samples, cause) };

		if (!row.count)
			continue;
		columns__set_text(row.run_id, sizeof(row.run_id), run->row.run_id);
		columns__set_text(row.cause, sizeof(row.cause), run_samples__loss_name(cause));
		err = append(record, RECORD_LOSSES, &row);
	}
	return err;
}

static int commit_timeline(struct record *record, const struct run *run)
{
	int err = timeline_writer__commit(run->timeline);
	char name[sizeof(run->row.run_id) + sizeof(TIMELINE_SUFFIX)];

	snprintf(name, sizeof(name), "%s" TIMELINE_SUFFIX, run->row.run_id);
	if (err)
		results__explain(record->results, name, err, record->why, sizeof(record->why));
	return err;
}

int record__run(struct record *record, const struct run *run)
{
	int err = write_threads(record, run);

	err = err ? err : write_ledger(record, run);
	err = err ? err : write_locks(record, run);
	err = err ? err : write_histograms(record, run);
	err = err ? err : write_handoffs(record, run);
	err = err ? err : write_futexes(record, run);
	err = err ? err : write_stacks(record, run);
	err = err ? err : write_losses(record, run);
	err = err ? err : commit_timeline(record, run);
	return err ? err : append(record, RECORD_RUNS, &run->row);
}

int record__observations(struct record *record, const struct observations *observations,
			 size_t from)
{
	int err = 0;

	for (size_t i = from; i < observations->count && !err; i++)
		err = append(record, RECORD_OBSERVATIONS, &observations->items[i].row);
	return err;
}

int record__claims(struct record *record, const struct claims *claims, size_t from)
{
	int err = 0;

	for (size_t i = from; i < claims->count && !err; i++)
		err = append(record, RECORD_LABS, &claims->rows[i]);
	return err;
}

int record__commit(struct record *record)
{
	int first = 0;

	/* runs.csv last: it lists what the others hold. */
	for (int file = RECORD_FILES - 1; file >= 0; file--) {
		int err = record->open[file] ? csv__commit(&record->files[file]) : 0;

		record->open[file] = false;
		if (err && !first)
			first = explain(record, file, err);
	}
	return first;
}

void record__abandon(struct record *record)
{
	for (int file = 0; file < RECORD_FILES; file++) {
		if (record->open[file])
			csv__abandon(&record->files[file]);
		record->open[file] = false;
	}
}
