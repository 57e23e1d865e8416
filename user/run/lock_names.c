// SPDX-License-Identifier: GPL-2.0-or-later
// Which locks a run has, by name: how each was found, and which one is the run's.
#include "run/accounts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "run/session.h"
#include "symbols/place.h"

void run_accounts__note_lock(struct run_session *session)
{
	struct run *run = session->run;
	const struct lock_search *search = &session->search;

	run->lock.found = search->found;
	if (search->found) {
		run->lock.sites = search->sites;
		misses__say(&search->misses, run->lock.why, sizeof(run->lock.why));
	} else if (search->err != -ENOENT && search->err != -ESRCH) {
		snprintf(run->lock.why, sizeof(run->lock.why), "%s", search->why);
	}
	columns__set_text(run->row.lock_reason, sizeof(run->row.lock_reason), run->lock.why);
	run->row.lock[0] = '\0';
	if (search->found)
		lock_search__name(search, &run->lock.sites, run->row.lock, sizeof(run->row.lock));
}

/* By its address, where that tells it from others of the process; else as its kind is called. */
static void name_lock(struct run_session *session, struct ledger_lock *lock)
{
	const struct lock_sites *sites = run__sites_of(session->run, lock);
	const struct lock_search *search = &session->search;
	char name[FUTEX_NAME_SIZE];

	if (!sites || lock->folded)
		return;
	columns__set_text(lock->command, sizeof(lock->command),
			  finds__command(&session->run->finds, lock->watched));
	if (!sites->key.argument) {
		lock_search__name(search, sites, lock->name, sizeof(lock->name));
		return;
	}
	if (!search->has_modules || search->modules.pid != (pid_t)lock->pid ||
	    place__name(&search->modules, lock->key, name, sizeof(name)))
		snprintf(name, sizeof(name), "0x%" PRIx64, lock->key);
	columns__set_text(lock->name, sizeof(lock->name), name);
}

/* Of a lock that was found late, or in whoever's hands, the states tell the rest only. */
static void note_unseen(struct run *run, const struct ledger_lock *lock)
{
	char *why = run->lock.why;
	size_t at = strlen(why), size = sizeof(run->lock.why);

	if (ledger__is_seen(lock->unseen_ns, lock->window_ns))
		return;
	snprintf(why + at, size - at, "%swhat the lock did in the first %.1f of the %.1f ms of process "
		 "%" PRIu32 " (%s), before anything was known of it", at ? "; and " : "",
		 (double)lock->unseen_ns / 1e6,
		 (double)(lock->unseen_ns + lock->window_ns) / 1e6, lock->pid, lock->command);
	columns__set_text(run->row.lock_reason, sizeof(run->row.lock_reason), why);
}

/* A program may only link an interpreter, as perf does: what it never takes is no lock of it. */
static bool never_taken(const struct run_session *session)
{
	return !session->run->ledger.nlocks && !session->spec->lock.acquire &&
	       !session->target.foreign;
}

/* The one that cost most is the run's. */
void run_accounts__name_locks(struct run_session *session)
{
	struct run *run = session->run;
	const struct ledger *ledger = &run->ledger;

	run->finds = session->search.finds;
	session->search.finds = (struct finds){ 0 };
	for (size_t i = 0; i < ledger->nlocks; i++)
		name_lock(session, &ledger->locks[i]);
	if (never_taken(session)) {
		run->lock.found = false;
		run->row.lock[0] = '\0';
	}
	if (ledger->nlocks)
		note_unseen(run, &ledger->locks[0]);
	if (!ledger->nlocks || !run__sites_of(run, &ledger->locks[0]))
		return;
	run->lock.sites = *run__sites_of(run, &ledger->locks[0]);
	lock_search__name(&session->search, &run->lock.sites, run->row.lock, sizeof(run->row.lock));
}
