// SPDX-License-Identifier: GPL-2.0-or-later
// threads.csv, both ways.
#include "record/parts.h"

#include "base/list.h"

static enum filled fill(void *data, const struct run *run, size_t index)
{
	struct thread_row *row = data;
	const struct ledger_thread *thread;

	if (index == run->ledger.nthreads)
		return FILLED_ALL;
	thread = &run->ledger.threads[index];
	columns__set_text(row->comm, sizeof(row->comm), thread->comm);
	row->thread = index + 1;
	if (thread->tid)
		row->tid = thread->tid;
	row->threads = thread->threads;
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
	return FILLED;
}

static int take(const void *data, struct run *run, struct csv_error *error)
{
	const struct thread_row *row = data;
	struct ledger_thread thread = {
		.tid = (uint32_t)or_zero(row->tid),
		.threads = row->threads == COLUMN_MISSING_U64 ? 1 : row->threads,
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

	(void)error;
	columns__set_text(thread.comm, sizeof(thread.comm), row->comm);
	run->ledger.lived += thread.threads;
	return list__append(run->ledger.threads, run->ledger.nthreads, thread);
}

const struct run_rows run_rows__threads = { &rows__threads, fill, take, true };
