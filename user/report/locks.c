// SPDX-License-Identifier: GPL-2.0-or-later
// The locks of one traced run: how each is known, whose it is, its counts and its states.
#include "report/locks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lock/interpreters.h"

/* How many of the locks behind the first are listed. */
#define MOST_OTHERS 10

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static bool is_inlined(const struct lock_site *site)
{
	return strstr(site->function, "(inlined)") != NULL;
}

/* The function itself, if there is one beside the copies of it. */
static const char *name_of(const struct lock_site *sites, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_inlined(&sites[i]))
			return sites[i].function;
	return sites[0].function;
}

/* How the lock is known: a function of each kind, and how many clones and copies more. */
static void print_sites(FILE *out, const struct lock_sites *sites)
{
	size_t copies = 0, more;

	for (size_t i = 0; i < sites->nrelease; i++)
		copies += is_inlined(&sites->release[i]);
	more = sites->nacquire + sites->nrelease - copies - 2;
	if (sites->interpreter)
		fprintf(out, "\nLock: %s %s's global lock, by ", sites->interpreter->title,
			sites->version);
	else
		fprintf(out, "\nLock: by ");
	fprintf(out, "%s and %s", name_of(sites->acquire, sites->nacquire),
		name_of(sites->release, sites->nrelease));
	if (more)
		fprintf(out, ", %zu more like them", more);
	if (copies)
		fprintf(out, ", %zu inlined copies", copies);
	fprintf(out, "\n  of %s", sites->module);
	if (strcmp(sites->symbols, sites->module) != 0)
		fprintf(out, ", named by\n  %s", sites->symbols);
	fputc('\n', out);
}

static void print_no_lock(FILE *out, const struct run *run)
{
	if (run->lock.found)
		fprintf(out, "  It was neither taken nor let go of in the window, so whether it "
			"was held or free\n  is not known, and there is no lock ledger\n");
	else if (run->lock.why[0])
		fprintf(out, "\nLock: not watched: %s\n", run->lock.why);
	else
		fprintf(out, "\nLock: none is known, so there is no lock ledger "
			"(--lock-symbols names one)\n");
}

/* What the process is called at the end; "" where its first thread is not known. */
static const char *name_at_end(const struct ledger *ledger, const struct ledger_lock *lock)
{
	for (size_t i = 0; i < ledger->nthreads; i++)
		if (ledger->threads[i].tid == lock->pid)
			return ledger->threads[i].comm;
	return "";
}

/* Whose it is; the process may be another program by now. */
static void describe_owner(const struct ledger *ledger, const struct ledger_lock *lock, char *text,
			   size_t size)
{
	const char *now = name_at_end(ledger, lock), *then = *lock->command ? lock->command : now;

	if (!*then)
		snprintf(text, size, "%" PRIu32, lock->pid);
	else if (!*now || strcmp(then, now) == 0)
		snprintf(text, size, "%" PRIu32 " (%s)", lock->pid, then);
	else
		snprintf(text, size, "%" PRIu32 " (%s, now %s)", lock->pid, then, now);
}

static void print_other(FILE *out, const struct ledger *ledger, const struct ledger_lock *lock)
{
	char owner[64] = "";

	if (!lock->folded)
		describe_owner(ledger, lock, owner, sizeof(owner));
	fprintf(out, "  %-28.28s %-24s %12" PRIu64 " %9" PRIu64 " %12.3f %12.3f\n",
		lock->folded ? "(all others)" : lock->name, owner, lock->acquisitions,
		lock->handoffs, (double)ledger__held_ns(lock) / 1e6, (double)lock->wait_ns / 1e6);
}

static void print_others(FILE *out, const struct ledger *ledger)
{
	if (ledger->nlocks < 2)
		return;
	fprintf(out, "  %zu more, each with a ledger of its own (ms)\n  %-28s %-24s %12s %9s %12s "
		"%12s\n", ledger->nlocks - 1, "lock", "process", "acquisitions", "hand-offs",
		"held", "waited for");
	for (size_t i = 1; i < ledger->nlocks && i <= MOST_OTHERS; i++)
		print_other(out, ledger, &ledger->locks[i]);
	if (ledger->nlocks > MOST_OTHERS + 1)
		fprintf(out, "  ... and more in locks.csv\n");
}

/* Whose lock it is, where that is not the only question that can be asked. */
static void print_owner(FILE *out, const struct ledger *ledger)
{
	const struct ledger_lock *lock = &ledger->locks[0];
	char owner[64];

	if (!lock->pid)
		return;
	describe_owner(ledger, lock, owner, sizeof(owner));
	if (ledger->nlocks > 1)
		fprintf(out, "  %s of process %s, which was waited for longest: %.3f ms\n",
			lock->name, owner, (double)lock->wait_ns / 1e6);
	else
		fprintf(out, "  of process %s\n", owner);
}

/* Acquisitions and releases that agree are the proof that every call is seen. */
static void print_counts(FILE *out, const struct ledger *ledger)
{
	const struct ledger_lock *lock = &ledger->locks[0];
	uint64_t a = lock->acquisitions, r = lock->releases;

	fprintf(out, "  %" PRIu64 " acquisitions and %" PRIu64 " releases%s; %" PRIu64
		" hand-offs, %" PRIu64 " of them forced\n", a, r,
		(a > r ? a - r : r - a) <= ledger->lived ? ", which agree"
							     : ", WHICH DO NOT AGREE",
		lock->handoffs, lock->handoffs_forced);
	if (ledger->half_seen)
		fprintf(out, "  %" PRIu64 " holds or waits were under way when the window opened; "
			"they are cut there\n", ledger->half_seen);
	if (lock->lost_claims)
		fprintf(out, "  %" PRIu64 " acquisitions are timed by the thread's arrival on a "
			"CPU\n", lock->lost_claims);
}

/* What its states say nothing of. */
static void print_unseen(FILE *out, const struct ledger_lock *lock)
{
	uint64_t all = lock->unseen_ns + lock->window_ns;

	if (lock->unseen_ns > all / 100)
		fprintf(out, "  Known from %.3f ms on, of the %.3f ms of its process: what was "
			"before is in no\n  state, and calls before were not seen\n",
			(double)lock->unseen_ns / 1e6, (double)all / 1e6);
	else if (!lock->whole && lock->pid)
		fprintf(out, "  Calls before it was watched were not seen\n");
}

static void print_states(FILE *out, const struct ledger *ledger)
{
	fprintf(out, "  %-22s %12s %7s\n", "state", "ms", "%");
	for (int state = 0; state < LOCK_STATES; state++)
		fprintf(out, "  %-22s %12.3f %7.2f\n", ledger__lock_state(state),
			(double)ledger->lock_ns[state] / 1e6,
			percent(ledger->lock_ns[state], ledger->locks[0].window_ns));
	fprintf(out, "  %-22s %12.3f %7.2f\n", "window",
		(double)ledger->locks[0].window_ns / 1e6, 100.0);
}

void report_locks__print(FILE *out, const struct run *run)
{
	const struct ledger *ledger = &run->ledger;

	if (run->lock.found && run->lock.sites.nacquire)
		print_sites(out, &run->lock.sites);
	else if (run->lock.found)	/* read back from files that do not say how */
		fprintf(out, "\nLock: %s\n", run->row.lock);
	else if (ledger->has_lock)
		fprintf(out, "\nLock: announced by the program\n");
	if (!ledger->has_lock) {
		print_no_lock(out, run);
		return;
	}
	print_owner(out, ledger);
	print_counts(out, ledger);
	print_unseen(out, &ledger->locks[0]);
	print_states(out, ledger);
	print_others(out, ledger);
	if (run->lock.found && run->lock.why[0])
		fprintf(out, "  In no ledger: %s\n", run->lock.why);
}

static void add_locks(cJSON *root, const struct ledger *ledger)
{
	cJSON *array = cJSON_AddArrayToObject(root, "locks");

	for (size_t i = 0; i < ledger->nlocks; i++) {
		const struct ledger_lock *lock = &ledger->locks[i];
		cJSON *item = cJSON_CreateObject();

		cJSON_AddStringToObject(item, "name", lock->name);
		cJSON_AddNumberToObject(item, "pid", lock->pid);
		cJSON_AddNumberToObject(item, "acquisitions", (double)lock->acquisitions);
		cJSON_AddNumberToObject(item, "handoffs", (double)lock->handoffs);
		cJSON_AddNumberToObject(item, "held_ns", (double)ledger__held_ns(lock));
		cJSON_AddNumberToObject(item, "wait_ns", (double)lock->wait_ns);
		cJSON_AddItemToArray(array, item);
	}
}

void report_locks__add(cJSON *root, const struct run *run)
{
	const struct ledger *ledger = &run->ledger;
	cJSON *lock;

	if (!ledger->has_lock) {
		cJSON_AddNullToObject(root, "lock");
		return;
	}
	lock = cJSON_AddObjectToObject(root, "lock");
	cJSON_AddStringToObject(lock, "name", run->lock.found ? run->row.lock : "announced");
	cJSON_AddNumberToObject(lock, "acquisitions", (double)ledger->locks[0].acquisitions);
	cJSON_AddNumberToObject(lock, "releases", (double)ledger->locks[0].releases);
	cJSON_AddNumberToObject(lock, "handoffs", (double)ledger->locks[0].handoffs);
	cJSON_AddNumberToObject(lock, "handoffs_forced",
				(double)ledger->locks[0].handoffs_forced);
	cJSON_AddNumberToObject(lock, "window_ns", (double)ledger->locks[0].window_ns);
	cJSON_AddNumberToObject(lock, "unseen_ns", (double)ledger->locks[0].unseen_ns);
	for (int state = 0; state < LOCK_STATES; state++) {
		char name[64];

		snprintf(name, sizeof(name), "%s_ns", ledger__lock_state(state));
		cJSON_AddNumberToObject(lock, name, (double)ledger->lock_ns[state]);
	}
	add_locks(root, ledger);
}
