// SPDX-License-Identifier: GPL-2.0-or-later
// Prints one traced run. No figure is computed here but shares of a whole.
#include "report/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "report/locks.h"
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
	report_locks__print(out, run);
	print_price(out, report);
	print_threads(out, &run->ledger);
	print_futexes(out, &run->futexes);
	report_waits__text(out, run);
	fprintf(out, "\n%s; %" PRIu64 " events lost; files: %s\n",
		run->ledger.valid ? "The accounts add up" : "The accounts do not add up",
		run->ledger.events_lost, report->folder);
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
	report_locks__add(root, run);
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
