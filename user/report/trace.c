// SPDX-License-Identifier: GPL-2.0-or-later
// Prints one traced run. No figure is computed here but shares of a whole.
#include "report/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "lock/interpreters.h"
#include "report/waits.h"

/* More threads than this are only in threads.csv. */
#define MAX_LINES 40

/* More addresses than this are only in futexes.csv. */
#define MAX_FUTEXES 10

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static uint64_t or_zero(uint64_t value)
{
	return value == COLUMN_MISSING_U64 ? 0 : value;
}

/* By our own account, and by that of the groups, which may have other members. */
static void print_throttling(FILE *out, const struct run *run)
{
	const struct run_row *row = &run->row;

	if (!run->ledger.throttled_ns && !or_zero(row->group_throttled))
		return;
	fprintf(out, "Throttled: its threads waited %.1f ms for CPU quota of their control group "
		"(a part of ready)", (double)run->ledger.throttled_ns / 1e6);
	if (row->group_throttled_ns != COLUMN_MISSING_U64)
		fprintf(out, ";\n  by cpu.stat the group was throttled %" PRIu64 " times, for %.1f ms",
			row->group_throttled, (double)row->group_throttled_ns / 1e6);
	fputc('\n', out);
}

static void print_head(FILE *out, const struct run *run, const char *program)
{
	const struct ledger *ledger = &run->ledger;
	uint64_t cpu = 0, life = 0;

	for (size_t i = 0; i < ledger->nthreads; i++) {
		cpu += ledger->threads[i].ns[THREAD_CPU];
		life += ledger->threads[i].life_ns;
	}
	fprintf(out, "%s: %.1f ms, %zu threads, %.1f ms of CPU (%.1f %% of the threads' time)\n",
		program, (double)ledger->window_ns / 1e6, ledger->lived, (double)cpu / 1e6,
		percent(cpu, life));
	fprintf(out, "%" PRIu64 " context switches: %" PRIu64 " voluntary, %" PRIu64
		" involuntary; %" PRIu64 " migrations\n",
		ledger->switches[VOLUNTARY] + ledger->switches[INVOLUNTARY],
		ledger->switches[VOLUNTARY], ledger->switches[INVOLUNTARY], ledger->migrations);
	print_throttling(out, run);
	if (!ledger->valid)
		fprintf(out, "NOT VALID: %s\n", ledger->reason);
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

/* How many of the locks behind the first are listed. */
#define MOST_OTHERS 10

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

static void print_lock(FILE *out, const struct run *run)
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
	print_states(out, ledger);
	print_others(out, ledger);
}

/* A lock that is taken very often is slowed down by being watched. */
static void print_price(FILE *out, const struct report_trace *report)
{
	const struct ledger *ledger = &report->run->ledger;
	double per_s = (double)ledger->acquisitions * 1e9 / (double)ledger->window_ns;

	if (report->probe_ns <= 0)
		return;
	fprintf(out, "\nWARNING: the lock was taken %.0f times a second. Watching one acquisition "
		"and its release\n  costs at least %.2f us here (measured just now), so at least "
		"%.0f %% of this run was the\n  watching. Remedy: --no-lock leaves the lock alone "
		"and keeps the threads and futexes;\n  compare measures what tracing costs against "
		"untraced runs.\n",
		per_s, report->probe_ns / 1e3, per_s * report->probe_ns / 1e7);
}

static void print_futexes(FILE *out, const struct futexes *futexes)
{
	struct futex_total total;
	size_t position = 0;

	if (!futexes->count)
		return;
	fprintf(out, "\nLocks slept on (futexes)\n  %-50s %8s %10s %9s %7s\n", "where", "sleeps",
		"ms", "hand-offs", "threads");
	for (int i = 0; i < MAX_FUTEXES && futexes__next(futexes, &position, &total) == 0; i++) {
		char address[24];

		snprintf(address, sizeof(address), "0x%" PRIx64, total.address);
		fprintf(out, "  %-50s %8" PRIu64 " %10.3f %9" PRIu64 " %7" PRIu64 "\n",
			*total.name && *total.name != '[' ? total.name : address, total.waits,
			(double)total.wait_ns / 1e6, total.handoffs, total.waiters);
	}
	if (position < futexes->count)
		fprintf(out, "  ... and more in futexes.csv\n");
}

static void print_threads(FILE *out, const struct ledger *ledger)
{
	fprintf(out, "\nThreads (ms)\n  %7s %-15s %10s %10s %9s %10s %10s %6s %6s\n", "tid", "name",
		"life", "cpu", "ready", ledger->has_lock ? "lock wait" : "", "blocked", "vol.",
		"invol.");
	for (size_t i = 0; i < ledger->nthreads && i < MAX_LINES; i++) {
		const struct ledger_thread *t = &ledger->threads[i];
		char wait[24] = "";

		if (ledger->has_lock)
			snprintf(wait, sizeof(wait), "%.3f",
				 (double)t->ns[THREAD_LOCK_WAIT] / 1e6);
		fprintf(out, "  %7" PRIu32 " %-15s %10.3f %10.3f %9.3f %10s %10.3f %6" PRIu64
			" %6" PRIu64 "\n", t->tid, t->comm, (double)t->life_ns / 1e6,
			(double)t->ns[THREAD_CPU] / 1e6, (double)t->ns[THREAD_READY] / 1e6, wait,
			(double)t->ns[THREAD_BLOCKED] / 1e6, t->switches[VOLUNTARY],
			t->switches[INVOLUNTARY]);
	}
	if (ledger->nthreads > MAX_LINES)
		fprintf(out, "  ... and %zu more in threads.csv\n", ledger->lived - MAX_LINES);
}

void report_trace__text(FILE *out, const struct report_trace *report)
{
	const struct run *run = report->run;

	print_head(out, run, report->program);
	print_lock(out, run);
	print_price(out, report);
	print_threads(out, &run->ledger);
	print_futexes(out, &run->futexes);
	report_waits__text(out, run);
	fprintf(out, "\n%s; %" PRIu64 " events lost; files: %s\n",
		run->ledger.valid ? "The accounts add up" : "The accounts do not add up",
		run->ledger.events_lost, report->folder);
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

static void add_lock(cJSON *root, const struct run *run)
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
	for (int state = 0; state < LOCK_STATES; state++) {
		char name[64];

		snprintf(name, sizeof(name), "%s_ns", ledger__lock_state(state));
		cJSON_AddNumberToObject(lock, name, (double)ledger->lock_ns[state]);
	}
	add_locks(root, ledger);
}

static void add_futexes(cJSON *root, const struct futexes *futexes)
{
	cJSON *array = cJSON_AddArrayToObject(root, "futexes");
	struct futex_total total;
	size_t position = 0;

	while (futexes__next(futexes, &position, &total) == 0) {
		cJSON *item = cJSON_CreateObject();
		char address[24];

		snprintf(address, sizeof(address), "0x%" PRIx64, total.address);
		cJSON_AddStringToObject(item, "address", address);
		cJSON_AddStringToObject(item, "name", total.name);
		cJSON_AddNumberToObject(item, "sleeps", (double)total.waits);
		cJSON_AddNumberToObject(item, "sleep_ns", (double)total.wait_ns);
		cJSON_AddNumberToObject(item, "handoffs", (double)total.handoffs);
		cJSON_AddNumberToObject(item, "threads", (double)total.waiters);
		cJSON_AddItemToArray(array, item);
	}
}

static void add_thread(cJSON *threads, const struct ledger_thread *thread, bool has_lock)
{
	cJSON *item = cJSON_CreateObject();

	if (thread->tid)
		cJSON_AddNumberToObject(item, "tid", thread->tid);
	else
		cJSON_AddNullToObject(item, "tid");
	if (thread->threads > 1)
		cJSON_AddNumberToObject(item, "threads", (double)thread->threads);
	cJSON_AddStringToObject(item, "comm", thread->comm);
	cJSON_AddNumberToObject(item, "life_ns", (double)thread->life_ns);
	for (int state = 0; state < THREAD_STATES; state++) {
		char name[64];

		snprintf(name, sizeof(name), "%s_ns", ledger__thread_state(state));
		if (state == THREAD_LOCK_WAIT && !has_lock)
			cJSON_AddNullToObject(item, name);
		else
			cJSON_AddNumberToObject(item, name, (double)thread->ns[state]);
	}
	cJSON_AddNumberToObject(item, "switches_voluntary", (double)thread->switches[VOLUNTARY]);
	cJSON_AddNumberToObject(item, "switches_involuntary",
				(double)thread->switches[INVOLUNTARY]);
	cJSON_AddItemToArray(threads, item);
}

static void add_known(cJSON *root, const char *name, uint64_t value)
{
	if (value == COLUMN_MISSING_U64)
		cJSON_AddNullToObject(root, name);
	else
		cJSON_AddNumberToObject(root, name, (double)value);
}

int report_trace__json(FILE *out, const struct report_trace *report)
{
	const struct run *run = report->run;
	const struct ledger *ledger = &run->ledger;
	cJSON *root = cJSON_CreateObject(), *threads;
	char *text;

	cJSON_AddNumberToObject(root, "schema_version", ROWS_SCHEMA_VERSION);
	cJSON_AddStringToObject(root, "experiment", report->attached ? "attach" : "trace");
	cJSON_AddBoolToObject(root, "valid", ledger->valid);
	cJSON_AddStringToObject(root, "reason", ledger->reason);
	cJSON_AddNumberToObject(root, "window_ns", (double)ledger->window_ns);
	cJSON_AddNumberToObject(root, "events_lost", (double)ledger->events_lost);
	cJSON_AddNumberToObject(root, "throttled_ns", (double)ledger->throttled_ns);
	add_known(root, "group_throttled_ns", run->row.group_throttled_ns);
	add_known(root, "group_throttled", run->row.group_throttled);
	if (report->attached)
		cJSON_AddNullToObject(root, "exit_status");
	else
		cJSON_AddNumberToObject(root, "exit_status", (double)run->row.exit_status);
	add_lock(root, run);
	add_futexes(root, &run->futexes);
	report_waits__json(root, &run->futexes);
	if (report->probe_ns > 0)
		cJSON_AddNumberToObject(root, "lock_probe_ns", report->probe_ns);
	threads = cJSON_AddArrayToObject(root, "threads");
	for (size_t i = 0; i < ledger->nthreads; i++)
		add_thread(threads, &ledger->threads[i], ledger->has_lock);
	text = json__print(root);
	cJSON_Delete(root);
	if (!text)
		return -ENOMEM;
	fprintf(out, "%s\n", text);
	free(text);
	return 0;
}

void report_trace__csv(FILE *out, const struct run *run)
{
	fputs("run_id,state,ns\n", out);
	for (int state = 0; run->ledger.has_lock && state < LOCK_STATES; state++)
		fprintf(out, "%s,%s,%lu\n", run->row.run_id, ledger__lock_state(state),
			(unsigned long)run->ledger.lock_ns[state]);
}
