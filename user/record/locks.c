// SPDX-License-Identifier: GPL-2.0-or-later
// locks.csv, both ways: what is known of a run's locks.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "lock/interpreters.h"
#include "record/parts.h"

#define ANNOUNCED "announced"
#define CALLS "calls"
#define OTHERS "others"		/* all that could not be told apart */

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

static void fill_sites(struct lock_row *row, const struct lock_sites *sites)
{
	columns__set_text(row->module, sizeof(row->module), sites->module);
	columns__set_text(row->found_by, sizeof(row->found_by), sites->symbols);
	join(sites->acquire, sites->nacquire, row->acquire, sizeof(row->acquire));
	join(sites->release, sites->nrelease, row->release, sizeof(row->release));
}

static const char *kind_of(const struct ledger_lock *lock, const struct lock_sites *sites)
{
	if (lock && lock->folded)
		return OTHERS;
	if (!sites)
		return ANNOUNCED;
	return sites->interpreter ? sites->interpreter->name : CALLS;
}

static void fill_counts(struct lock_row *row, const struct ledger_lock *lock)
{
	row->pid = lock->pid ? lock->pid : COLUMN_MISSING_U64;
	row->acquisitions = lock->acquisitions;
	row->releases = lock->releases;
	row->handoffs = lock->handoffs;
	row->handoffs_forced = lock->handoffs_forced;
	row->held_ns = ledger__held_ns(lock);
	row->wait_ns = lock->wait_ns;
	row->threads = lock->threads ? lock->threads : COLUMN_MISSING_U64;
	row->owner_tid = lock->owner_tid ? lock->owner_tid : COLUMN_MISSING_U64;
	row->lost_claims = lock->lost_claims;
	if (!lock->folded) {
		row->window_ns = lock->window_ns;
		row->whole = lock->whole;
		row->unseen_ns = lock->unseen_ns;
	}
	columns__set_text(row->command, sizeof(row->command), lock->command);
}

/* A lock that was found and never taken has a row too: the first, and without counts. */
static enum filled fill(void *data, const struct run *run, size_t index)
{
	const struct ledger_lock *lock = index < run->ledger.nlocks ? &run->ledger.locks[index]
								    : NULL;
	const struct lock_sites *sites = run__sites_of(run, lock);
	struct lock_row *row = data;

	if (!lock && (index || !run->lock.found))
		return FILLED_ALL;
	row->lock = index + 1;
	columns__set_text(row->name, sizeof(row->name), lock && lock->name[0] ? lock->name
									      : run->row.lock);
	columns__set_text(row->kind, sizeof(row->kind), kind_of(lock, sites));
	if (sites)
		fill_sites(row, sites);
	if (lock)
		fill_counts(row, lock);
	return FILLED;
}

static uint32_t number(uint64_t value)
{
	return value == COLUMN_MISSING_U64 ? 0 : (uint32_t)value;
}

/* Behind those that are there: rows come in the order of the locks. */
static int take_lock(const struct lock_row *row, struct ledger *ledger)
{
	struct ledger_lock *locks, *lock;

	locks = list__grow(ledger->locks, ledger->nlocks, sizeof(*locks));
	if (!locks)
		return -ENOMEM;
	ledger->locks = locks;
	lock = &ledger->locks[ledger->nlocks++];
	*lock = (struct ledger_lock){
		.pid = number(row->pid),
		.folded = strcmp(row->kind, OTHERS) == 0,
		.whole = row->whole != 0,	/* older folders do not say */
		.window_ns = or_zero(row->window_ns),
		.unseen_ns = or_zero(row->unseen_ns),
		.ns = { [HELD_RUNNING] = or_zero(row->held_ns) },
		.wait_ns = or_zero(row->wait_ns),
		.acquisitions = or_zero(row->acquisitions),
		.releases = or_zero(row->releases),
		.handoffs = or_zero(row->handoffs),
		.handoffs_forced = or_zero(row->handoffs_forced),
		.lost_claims = or_zero(row->lost_claims),
		.threads = number(row->threads),
		.owner_tid = number(row->owner_tid),
	};
	columns__set_text(lock->name, sizeof(lock->name), row->name);
	columns__set_text(lock->command, sizeof(lock->command), row->command);
	ledger->lost_claims += lock->lost_claims;
	return 0;
}

/* How the first was found; of the others that is not asked again. */
static void take_sites(const struct lock_row *row, struct run *run)
{
	struct lock_sites *sites = &run->lock.sites;
	const char *version = strchr(row->name, '-');

	run->lock.found = strcmp(row->kind, ANNOUNCED) != 0;
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

	if (row->lock != run->ledger.nlocks + 1)
		return csv__refuse(error, "lock", "", "the locks of the run %.64s are not numbered "
				   "from 1", row->run_id);
	if (row->lock == 1)
		take_sites(row, run);
	return row->acquisitions == COLUMN_MISSING_U64 ? 0 : take_lock(row, &run->ledger);
}

const struct run_rows run_rows__locks = { &rows__locks, fill, take, false };
