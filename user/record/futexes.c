// SPDX-License-Identifier: GPL-2.0-or-later
// futexes.csv, both ways.
#include "ledger/futexes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "record/parts.h"

static enum filled fill(void *data, const struct run *run, size_t index)
{
	const struct futex_wait *wait;
	struct futex_row *row = data;

	if (index == run->futexes.count)
		return FILLED_ALL;
	wait = &run->futexes.items[index];
	if (wait->address)
		snprintf(row->address, sizeof(row->address), "0x%" PRIx64, wait->address);
	columns__set_text(row->name, sizeof(row->name), wait->name);
	if (wait->waiter_tid)
		row->waiter_tid = wait->waiter_tid;
	if (wait->waker_tid)
		row->waker_tid = wait->waker_tid;
	row->waits = wait->waits;
	row->wait_ns = wait->wait_ns;
	if (wait->pid)
		row->pid = wait->pid;
	row->handoffs = wait->handoffs;
	row->threads = wait->waiters;
	if (wait->owner_tid)
		row->owner_tid = wait->owner_tid;
	return FILLED;
}

static int take(const void *data, struct run *run, struct csv_error *error)
{
	const struct futex_row *row = data;
	struct futex_wait wait = {
		.pid = (uint32_t)or_zero(row->pid),
		.address = strtoull(row->address, NULL, 16),
		.waiter_tid = (uint32_t)or_zero(row->waiter_tid),
		.waker_tid = (uint32_t)or_zero(row->waker_tid),
		.waits = row->waits,
		.wait_ns = row->wait_ns,
		.handoffs = row->handoffs,
		.waiters = row->threads == COLUMN_MISSING_U64 ? 1 : row->threads,
		.open = or_zero(row->owner_tid) != 0,
		.owner_tid = (uint32_t)or_zero(row->owner_tid),
	};

	(void)error;
	/* An older file has a row for each waker. */
	if (row->handoffs == COLUMN_MISSING_U64)
		wait.handoffs = wait.waker_tid ? wait.waits : 0;
	columns__set_text(wait.name, sizeof(wait.name), row->name);
	return list__append(run->futexes.items, run->futexes.count, wait);
}

const struct run_rows run_rows__futexes = { &rows__futexes, fill, take, false };
