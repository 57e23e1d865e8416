// SPDX-License-Identifier: GPL-2.0-or-later
// locks.csv, both ways: what is known of a run's locks.
#include "lock/interpreters.h"

#include <stdio.h>
#include <string.h>

#include "record/parts.h"

#define ANNOUNCED "announced"
#define NAMED "named"
#define INTERPRETER "interpreter"	/* one with a lock of its own, beside the ledger's */

static void join(const struct lock_site *sites, size_t count, char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%s", i ? ";" : "",
				       sites[i].function);
}

static size_t split(const char *text, struct lock_site *sites)
{
	size_t count = 0;

	while (*text && count < LOCK_SITES_MAX) {
		size_t length = strcspn(text, ";");

		sites[count] = (struct lock_site){ 0 };
		snprintf(sites[count++].function, sizeof(sites[0].function), "%.*s", (int)length,
			 text);
		text += length + (text[length] == ';');
	}
	return count;
}

static void fill_own(struct lock_row *row, const struct run *run)
{
	const struct lock_sites *sites = &run->lock.sites;
	const struct ledger *ledger = &run->ledger;

	columns__set_text(row->name, sizeof(row->name), run->row.lock);
	columns__set_text(row->kind, sizeof(row->kind), !run->lock.found ? ANNOUNCED :
			  sites->interpreter ? sites->interpreter->name : NAMED);
	if (run->lock.found) {
		columns__set_text(row->module, sizeof(row->module), sites->module);
		columns__set_text(row->found_by, sizeof(row->found_by), sites->symbols);
		join(sites->acquire, sites->nacquire, row->acquire, sizeof(row->acquire));
		join(sites->release, sites->nrelease, row->release, sizeof(row->release));
	}
	if (!ledger->has_lock)
		return;
	row->acquisitions = ledger->acquisitions;
	row->releases = ledger->releases;
	row->handoffs = ledger->handoffs;
	row->handoffs_forced = ledger->handoffs_forced;
	row->lost_claims = ledger->lost_claims;
}

/* The first is the ledger's. */
static enum filled fill(void *data, const struct run *run, size_t index)
{
	const struct other_lock *other;
	struct lock_row *row = data;

	if (!run->traced || index > MAX_OTHER_LOCKS)
		return FILLED_ALL;
	if (!index && !run->lock.found && !run->ledger.has_lock)
		return FILLED_NOTHING;
	row->lock = index + 1;
	if (!index) {
		fill_own(row, run);
		return FILLED;
	}
	other = &run->ledger.others[index - 1];
	columns__set_text(row->kind, sizeof(row->kind), INTERPRETER);
	row->acquisitions = other->acquisitions;
	row->releases = other->releases;
	return other->key ? FILLED : FILLED_ALL;
}

static void take_other(const struct lock_row *row, struct ledger *ledger)
{
	if (row->lock < 2 || row->lock >= 2 + MAX_OTHER_LOCKS)
		return;
	ledger->others[row->lock - 2] = (struct other_lock){
		.key = row->lock,	/* any but 0: its own is of a process that is gone */
		.acquisitions = row->acquisitions,
		.releases = row->releases,
	};
}

static void take_own(const struct lock_row *row, struct run *run)
{
	struct lock_sites *sites = &run->lock.sites;
	const char *version = strchr(row->name, '-');

	run->lock.found = strcmp(row->kind, ANNOUNCED) != 0;
	if (row->lost_claims != COLUMN_MISSING_U64)
		run->ledger.lost_claims = row->lost_claims;
	columns__set_text(sites->module, sizeof(sites->module), row->module);
	columns__set_text(sites->symbols, sizeof(sites->symbols), row->found_by);
	sites->nacquire = split(row->acquire, sites->acquire);
	sites->nrelease = split(row->release, sites->release);
	sites->interpreter = interpreters__named(row->kind);
	if (sites->interpreter && version)
		columns__set_text(sites->version, sizeof(sites->version), version + 1);
}

static int take(const void *data, struct run *run, struct csv_error *error)
{
	const struct lock_row *row = data;

	(void)error;
	if (row->lock == 1)
		take_own(row, run);
	else
		take_other(row, &run->ledger);
	return 0;
}

const struct run_rows run_rows__locks = { &rows__locks, fill, take, false };
