// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of a run's locks, both ways.
#include "record/lock_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lock/interpreters.h"

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

static void fill(struct lock_row *row, const struct run *run)
{
	const struct lock_sites *sites = &run->lock.sites;
	const struct ledger *ledger = &run->ledger;

	row->lock = 1;
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

static int write_others(struct csv *csv, struct lock_row *row, const struct run *run)
{
	int err = 0;

	for (int i = 0; i < MAX_OTHER_LOCKS && run->ledger.others[i].key && !err; i++) {
		columns__clear(&rows__locks, row);
		columns__set_text(row->run_id, sizeof(row->run_id), run->row.run_id);
		columns__set_text(row->kind, sizeof(row->kind), INTERPRETER);
		row->lock = (uint64_t)i + 2;
		row->acquisitions = run->ledger.others[i].acquisitions;
		row->releases = run->ledger.others[i].releases;
		err = csv__append(csv, row);
	}
	return err;
}

int lock_files__write(struct csv *csv, const struct run *run)
{
	struct lock_row *row = malloc(sizeof(*row));
	int err = row ? 0 : -ENOMEM;

	if (!err && (run->lock.found || run->ledger.has_lock)) {
		columns__clear(&rows__locks, row);
		columns__set_text(row->run_id, sizeof(row->run_id), run->row.run_id);
		fill(row, run);
		err = csv__append(csv, row);
	}
	err = err ? err : write_others(csv, row, run);
	free(row);
	return err;
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

void lock_files__take(const struct lock_row *row, struct run *run)
{
	struct lock_sites *sites = &run->lock.sites;
	const char *version = strchr(row->name, '-');

	if (row->lock != 1) {
		take_other(row, &run->ledger);
		return;
	}
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
