// SPDX-License-Identifier: GPL-2.0-or-later
// runs.csv, both ways. A run fills its row as it goes along (run/accounts.c).
#include "record/parts.h"

static enum filled fill(void *row, const struct run *run, size_t index)
{
	if (index)
		return FILLED_ALL;
	*(struct run_row *)row = run->row;
	return FILLED;
}

static int take(const void *data, struct run *run, struct csv_error *error)
{
	const struct run_row *row = data;
	struct ledger *ledger = &run->ledger;

	(void)error;
	run->row = *row;
	run->traced = row->traced == 1;
	run->lock.found = *row->lock != '\0';
	columns__set_text(run->lock.why, sizeof(run->lock.why), row->lock_reason);
	ledger->window_ns = or_zero(row->window_ns);
	ledger->valid = row->valid == 1;
	columns__set_text(ledger->reason, sizeof(ledger->reason), row->reason);
	ledger->events_lost = or_zero(row->events_lost);
	ledger->migrations = or_zero(row->migrations);
	ledger->throttled_ns = or_zero(row->throttled_ns);
	ledger->switches[VOLUNTARY] = or_zero(row->switches_voluntary);
	ledger->switches[INVOLUNTARY] = or_zero(row->switches_involuntary);
	ledger->acquisitions = or_zero(row->acquisitions);
	ledger->releases = or_zero(row->releases);
	ledger->handoffs = or_zero(row->handoffs);
	ledger->handoffs_forced = or_zero(row->handoffs_forced);
	ledger->half_seen = or_zero(row->half_seen);
	return 0;
}

const struct run_rows run_rows__runs = { &rows__runs, fill, take, true };
