// SPDX-License-Identifier: GPL-2.0-or-later
// Prints a verdict. No figure is computed here.
#include "report.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "report_compare.h"
#include "report_parts.h"

static const struct report_line ledger_lines[] = {
	{ LEDGER_SWITCHING, 0, "context switching" },
	{ LEDGER_SIGNAL, 1, "free, next owner asleep: handoff_signal" },
	{ LEDGER_QUEUE, 1, "free, next owner runnable: handoff_queue" },
	{ LEDGER_TAKE, 1, "free, next owner on a CPU: handoff_take" },
	{ LEDGER_PREEMPTED_SELF, 1, "held, holder pre-empted by a sibling" },
	{ LEDGER_PREEMPTED_OTHER, 0, "noise: holder pre-empted by others" },
	{ LEDGER_BLOCKED, 0, "holder asleep: held_blocked" },
	{ LEDGER_IDLE, 0, "lock not wanted: free_idle (start, join)" },
	{ LEDGER_RUNNING, 0, "holder on a CPU: held_running" },
	{ LEDGER_MEMORY, 1, "of it memory: interleaved - sequential" },
	{ LEDGER_NOT_EXPLAINED, 1, "of it NOT EXPLAINED" },
	{ LEDGER_TOTAL, 0, "all lines = threads - sequential" },
};

static const struct report_line ladder_lines[] = {
	{ LADDER_MEMORY, 0, "memory: interleaved - sequential" },
	{ LADDER_ONE_CPU, 0, "switching, one CPU: threads-1cpu - interleaved" },
	{ LADDER_ALL_CPUS, 0, "all CPUs: threads - threads-1cpu" },
	{ LADDER_TOTAL, 0, "all rungs = threads - sequential" },
	{ LADDER_LOCK, 0, "lock operations: threads - sequential" },
	{ LADDER_SWITCHING, 0, "switching: both rungs less lock operations" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int slower_sentence(char *text, size_t size, const struct verdict *verdict)
{
	const struct verdict_part *parts = verdict->parts;
	char ratio[FIGURES_SIZE], ms[FIGURES_SIZE], switching[FIGURES_SIZE];
	char memory[FIGURES_SIZE], other[FIGURES_SIZE], unknown[FIGURES_SIZE];

	figures__ratio(ratio, &verdict->slowdown);
	figures__ms(ms, &verdict->excess_ms);
	if (!parts[LEDGER_SWITCHING].share.n)
		return snprintf(text, size, "The threads took %s times as long as one thread, "
				"%s ms more; untraced runs do not tell how much of it is context "
				"switching", ratio, ms);
	figures__percent(switching, &parts[LEDGER_SWITCHING].share);
	figures__percent(memory, &parts[LEDGER_MEMORY].share);
	figures__percent(other, &parts[LEDGER_PREEMPTED_OTHER].share);
	figures__percent(unknown, &parts[LEDGER_NOT_EXPLAINED].share);
	return snprintf(text, size, "The threads took %s times as long as one thread, %s ms more: "
			"of the excess, context switching explains %s %%; memory explains %s %%; "
			"pre-emption by others %s %%; %s %% is not explained", ratio, ms, switching,
			memory, other, unknown);
}

int report__sentence(char *text, size_t size, const struct report *report)
{
	static const struct report_words words = { "the threads", "The threads", "one thread" };

	if (report->comparison)
		return report_compare__sentence(text, size, report);
	if (report->verdict->slower)
		return slower_sentence(text, size, report->verdict);
	return report_parts__no_shares(text, size, report->verdict, &words);
}

static void print_answer(FILE *out, const struct report *report)
{
	char text[1024], basis[64];

	fprintf(out, "Why are %" PRIu64 " threads slower than one?\n\n", report->workers);
	report__sentence(text, sizeof(text) - 2, report);
	strcat(text, ".");
	report_parts__wrapped(out, text);
	report_parts__warning(out, report->verdict);
	report_parts__basis(basis, sizeof(basis), report->verdict);
	snprintf(text, sizeof(text), "(%s; lock %s, %" PRIu64 " tasks of %" PRIu64 " objects, "
		 "switch interval %" PRIu64 " us)", basis, report->lock, report->workers,
		 report->objects, report->interval_us);
	fputc('\n', out);
	report_parts__wrapped(out, text);
}

static void print_evidence(FILE *out, const struct report *report)
{
	const struct verdict *verdict = report->verdict;

	fprintf(out, "\nLedger: where the lock's time went, threads - sequential (traced runs)\n"
		"  %-*s %-20s %s\n", REPORT_LABEL_WIDTH, "", "ms",
		verdict->slower ? "% of the excess" : "");
	if (verdict->parts[LEDGER_TOTAL].ms.n)
		report_parts__lines(out, verdict, ledger_lines, COUNT(ledger_lines));
	else
		fprintf(out, "  no traced pair of sequential and threads under one lock\n");
	if (verdict->parts[LEDGER_NOT_EXPLAINED].ms.mid < 0)
		fprintf(out, "  (a rest below 0: `interleaved` costs more than `threads` lose "
			"while holding the lock)\n");
	fprintf(out, "\nLadder: neighbouring arms (%s runs)\n", report->untraced_reason ||
		verdict->arms[0].overhead.n ? "untraced" : "all");
	report_parts__lines(out, verdict, ladder_lines, COUNT(ladder_lines));
	if (!isnan(report->lock_operation_ns))
		fprintf(out, "  (lock operations, %.0f ns each, are taken out of sequential for "
			"memory and of threads\n  for switching: interleaved has no lock)\n",
			report->lock_operation_ns);
}

void report__text(FILE *out, const struct report *report)
{
	if (report->comparison) {
		report_compare__text(out, report);
		return;
	}
	print_answer(out, report);
	report_parts__arms(out, report->verdict);
	print_evidence(out, report);
	report_parts__overhead(out, report);
	report_parts__validity(out, report);
}

void report__row(const struct verdict *verdict, enum verdict_component component,
		 const char *experiment, struct verdict_row *row)
{
	const struct verdict_part *part = &verdict->parts[component];

	columns__clear(&rows__verdict, row);
	columns__set_text(row->experiment, sizeof(row->experiment), experiment);
	columns__set_text(row->method, sizeof(row->method), verdict__method(component));
	columns__set_text(row->component, sizeof(row->component),
			  verdict__component(&verdict->question, component));
	if (part->ms.n) {
		row->excess_ms = part->ms.mid;
		row->low_ms = part->ms.low;
		row->high_ms = part->ms.high;
	}
	if (part->share.n) {
		row->share = part->share.mid;
		row->share_low = part->share.low;
		row->share_high = part->share.high;
	}
}

/* cJSON would print NAN as null by itself; an interval that is none is null as a whole. */
static void add_interval(cJSON *object, const char *name, const struct interval *x)
{
	cJSON *item;

	if (!x->n) {
		cJSON_AddNullToObject(object, name);
		return;
	}
	item = cJSON_AddObjectToObject(object, name);
	cJSON_AddNumberToObject(item, "median", x->mid);
	cJSON_AddNumberToObject(item, "low", x->low);
	cJSON_AddNumberToObject(item, "high", x->high);
	cJSON_AddNumberToObject(item, "blocks", (double)x->n);
}

static void add_arms(cJSON *root, const struct verdict *verdict, bool comparison)
{
	cJSON *arms = cJSON_AddArrayToObject(root, "arms");

	for (size_t i = 0; i < verdict->narms; i++) {
		const struct verdict_arm *arm = &verdict->arms[i];
		cJSON *item = cJSON_CreateObject();

		cJSON_AddStringToObject(item, "arm", arm->arm);
		add_interval(item, "wall_ms", &arm->wall_ms);
		add_interval(item, "ratio", &arm->ratio);
		if (comparison)
			add_interval(item, "to_other", &arm->to_other);
		add_interval(item, "overhead", &arm->overhead);
		cJSON_AddNumberToObject(item, "switches", arm->switches);
		cJSON_AddNumberToObject(item, "handoffs", arm->handoffs);
		cJSON_AddNumberToObject(item, "faults", arm->faults);
		cJSON_AddNumberToObject(item, "max_rss_mb", arm->max_rss_mb);
		cJSON_AddItemToArray(arms, item);
	}
}

static void add_parts(cJSON *root, const struct verdict *verdict)
{
	cJSON *parts = cJSON_AddArrayToObject(root, "components");

	for (int i = 0; i < VERDICT_COMPONENTS; i++) {
		cJSON *item = cJSON_CreateObject();

		cJSON_AddStringToObject(item, "method", verdict__method(i));
		cJSON_AddStringToObject(item, "component",
					verdict__component(&verdict->question, i));
		add_interval(item, "excess_ms", &verdict->parts[i].ms);
		add_interval(item, "share", &verdict->parts[i].share);
		cJSON_AddItemToArray(parts, item);
	}
}

int report__json(FILE *out, const struct report *report)
{
	cJSON *root = cJSON_CreateObject();
	char sentence[1024];
	char *text;

	report__sentence(sentence, sizeof(sentence), report);
	cJSON_AddStringToObject(root, "answer", sentence);
	if (report->comparison)
		report_compare__add_programs(root, report->comparison);
	cJSON_AddBoolToObject(root, "slower", report->verdict->slower);
	add_interval(root, "slowdown", &report->verdict->slowdown);
	add_interval(root, "excess_ms", &report->verdict->excess_ms);
	add_arms(root, report->verdict, report->comparison);
	add_parts(root, report->verdict);
	cJSON_AddNumberToObject(root, "runs", (double)report->verdict->runs);
	cJSON_AddNumberToObject(root, "runs_not_valid", (double)report->verdict->invalid);
	cJSON_AddStringToObject(root, "stop_reason", report->stop_reason);
	text = cJSON_Print(root);
	cJSON_Delete(root);
	if (!text)
		return -ENOMEM;
	fprintf(out, "%s\n", text);
	free(text);
	return 0;
}
