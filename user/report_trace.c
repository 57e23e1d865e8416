// SPDX-License-Identifier: GPL-2.0-or-later
// Prints one traced run. No figure is computed here but shares of a whole.
#include "report_trace.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* More threads than this are only in threads.csv. */
#define MAX_LINES 40

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
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
		program, (double)ledger->window_ns / 1e6, ledger->nthreads, (double)cpu / 1e6,
		percent(cpu, life));
	fprintf(out, "%" PRIu64 " context switches: %" PRIu64 " voluntary, %" PRIu64
		" involuntary; %" PRIu64 " migrations\n",
		ledger->switches[VOLUNTARY] + ledger->switches[INVOLUNTARY],
		ledger->switches[VOLUNTARY], ledger->switches[INVOLUNTARY], ledger->migrations);
	if (!ledger->valid)
		fprintf(out, "NOT VALID: %s\n", ledger->reason);
}

static void print_lock(FILE *out, const struct ledger *ledger)
{
	if (!ledger->has_lock) {
		fprintf(out, "\nLock: the program announces none, so there is no lock ledger\n");
		return;
	}
	fprintf(out, "\nLock: %" PRIu64 " acquisitions, %" PRIu64 " hand-offs, %" PRIu64
		" of them forced\n  %-22s %12s %7s\n", ledger->acquisitions, ledger->handoffs,
		ledger->handoffs_forced, "state", "ms", "%");
	for (int state = 0; state < LOCK_STATES; state++)
		fprintf(out, "  %-22s %12.3f %7.2f\n", ledger__lock_state(state),
			(double)ledger->lock_ns[state] / 1e6,
			percent(ledger->lock_ns[state], ledger->window_ns));
	fprintf(out, "  %-22s %12.3f %7.2f\n", "window", (double)ledger->window_ns / 1e6, 100.0);
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
		fprintf(out, "  ... and %zu more in threads.csv\n", ledger->nthreads - MAX_LINES);
}

void report_trace__text(FILE *out, const struct run *run, const char *program,
			const char *folder)
{
	print_head(out, run, program);
	print_lock(out, &run->ledger);
	print_threads(out, &run->ledger);
	fprintf(out, "\n%s; %" PRIu64 " events lost; files: %s\n",
		run->ledger.valid ? "The accounts add up" : "The accounts do not add up",
		run->ledger.events_lost, folder);
}

static void add_lock(cJSON *root, const struct ledger *ledger)
{
	cJSON *lock;

	if (!ledger->has_lock) {
		cJSON_AddNullToObject(root, "lock");
		return;
	}
	lock = cJSON_AddObjectToObject(root, "lock");
	cJSON_AddNumberToObject(lock, "acquisitions", (double)ledger->acquisitions);
	cJSON_AddNumberToObject(lock, "handoffs", (double)ledger->handoffs);
	cJSON_AddNumberToObject(lock, "handoffs_forced", (double)ledger->handoffs_forced);
	for (int state = 0; state < LOCK_STATES; state++) {
		char name[64];

		snprintf(name, sizeof(name), "%s_ns", ledger__lock_state(state));
		cJSON_AddNumberToObject(lock, name, (double)ledger->lock_ns[state]);
	}
}

static void add_thread(cJSON *threads, const struct ledger_thread *thread, bool has_lock)
{
	cJSON *item = cJSON_CreateObject();

	cJSON_AddNumberToObject(item, "tid", thread->tid);
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

int report_trace__json(FILE *out, const struct run *run)
{
	const struct ledger *ledger = &run->ledger;
	cJSON *root = cJSON_CreateObject(), *threads;
	char *text;

	cJSON_AddBoolToObject(root, "valid", ledger->valid);
	cJSON_AddStringToObject(root, "reason", ledger->reason);
	cJSON_AddNumberToObject(root, "window_ns", (double)ledger->window_ns);
	cJSON_AddNumberToObject(root, "events_lost", (double)ledger->events_lost);
	cJSON_AddNumberToObject(root, "exit_status", (double)run->row.exit_status);
	add_lock(root, ledger);
	threads = cJSON_AddArrayToObject(root, "threads");
	for (size_t i = 0; i < ledger->nthreads; i++)
		add_thread(threads, &ledger->threads[i], ledger->has_lock);
	text = cJSON_Print(root);
	cJSON_Delete(root);
	if (!text)
		return -ENOMEM;
	fprintf(out, "%s\n", text);
	free(text);
	return 0;
}
