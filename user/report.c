// SPDX-License-Identifier: GPL-2.0-or-later
// Prints a verdict. No figure is computed here.
#include "report.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a line of the ledger or the ladder is called for people. */
static const struct line {
	enum verdict_component component;
	int indent;
	const char *label;
} ledger_lines[] = {
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
}, ladder_lines[] = {
	{ LADDER_MEMORY, 0, "memory: interleaved - sequential" },
	{ LADDER_ONE_CPU, 0, "switching, one CPU: threads-1cpu - interleaved" },
	{ LADDER_ALL_CPUS, 0, "all CPUs: threads - threads-1cpu" },
	{ LADDER_TOTAL, 0, "all rungs = threads - sequential" },
	{ LADDER_LOCK, 0, "lock operations: threads - sequential" },
	{ LADDER_SWITCHING, 0, "switching: both rungs less lock operations" },
};

/* Room for a label, indentation included. */
#define LABEL_WIDTH 47

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One figure; what rounds to zero has no sign. */
static void figure(char *text, size_t size, double value, const char *format)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, size, format, value);
#pragma GCC diagnostic pop
	if (text[0] == '-' && strspn(text, "-0.") == strlen(text))
		memmove(text, text + 1, strlen(text));
}

/* "372 [361, 380]", "372" without an interval or a wider one, "-" if unknown. */
static const char *span(char *text, size_t size, const struct interval *x, double scale,
			const char *format)
{
	char mid[24], low[24], high[24];

	if (!x->n) {
		snprintf(text, size, "-");
		return text;
	}
	figure(mid, sizeof(mid), x->mid * scale, format);
	figure(low, sizeof(low), x->low * scale, format);
	figure(high, sizeof(high), x->high * scale, format);
	if (isnan(x->low) || (strcmp(mid, low) == 0 && strcmp(mid, high) == 0))
		snprintf(text, size, "%s", mid);
	else
		snprintf(text, size, "%s [%s, %s]", mid, low, high);
	return text;
}

/* Milliseconds: a digit behind the point where it says something. */
static const char *ms_format(const struct interval *x)
{
	double widest = fmax(fabs(x->mid), fmax(fabs(x->low), fabs(x->high)));

	return x->n && widest < 100 ? "%.1f" : "%.0f";
}

static const char *count(char *text, size_t size, double value)
{
	if (isnan(value))
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%.0f", value);
	return text;
}

static int slower_sentence(char *text, size_t size, const struct verdict *verdict)
{
	const struct verdict_part *parts = verdict->parts;
	char ratio[96], ms[96], switching[96], memory[96], other[96], unknown[96];

	span(ratio, sizeof(ratio), &verdict->slowdown, 1, "%.3f");
	span(ms, sizeof(ms), &verdict->excess_ms, 1, ms_format(&verdict->excess_ms));
	if (!parts[LEDGER_SWITCHING].share.n)
		return snprintf(text, size, "The threads took %s times as long as one thread, "
				"%s ms more; untraced runs do not tell how much of it is context "
				"switching", ratio, ms);
	span(switching, sizeof(switching), &parts[LEDGER_SWITCHING].share, 100, "%.1f");
	span(memory, sizeof(memory), &parts[LEDGER_MEMORY].share, 100, "%.1f");
	span(other, sizeof(other), &parts[LEDGER_PREEMPTED_OTHER].share, 100, "%.1f");
	span(unknown, sizeof(unknown), &parts[LEDGER_NOT_EXPLAINED].share, 100, "%.1f");
	return snprintf(text, size, "The threads took %s times as long as one thread, %s ms more: "
			"of the excess, context switching explains %s %%; memory explains %s %%; "
			"pre-emption by others %s %%; %s %% is not explained", ratio, ms, switching,
			memory, other, unknown);
}

int report__sentence(char *text, size_t size, const struct report *report)
{
	const struct verdict *verdict = report->verdict;
	char ratio[96];

	if (verdict->slower)
		return slower_sentence(text, size, verdict);
	if (!verdict->slowdown.n)
		return snprintf(text, size, "There is no valid pair of sequential and threads runs, "
				"so there is no answer");
	span(ratio, sizeof(ratio), &verdict->slowdown, 1, "%.3f");
	if (verdict->slowdown.n < 2)
		return snprintf(text, size, "The threads took %s times as long as one thread; one "
				"block has no interval, so nothing is explained", ratio);
	if (verdict->slowdown.high < 1)
		return snprintf(text, size, "No slowdown here: the threads took %s times as long as "
				"one thread", ratio);
	return snprintf(text, size, "No slowdown here: the interval of threads / sequential, %s, "
			"contains 1, so no shares are given; more blocks (as with --budget 400) or a "
			"quieter machine narrow it", ratio);
}

/* Break text into lines of at most width columns, each indented. */
static void print_wrapped(FILE *out, const char *text, size_t width, const char *indent)
{
	while (*text) {
		size_t length = strlen(text);

		if (length > width) {
			length = width;
			while (length && text[length] != ' ')
				length--;
			if (!length)
				length = strcspn(text, " ");
		}
		fprintf(out, "%s%.*s\n", indent, (int)length, text);
		text += length + (text[length] == ' ');
	}
}

/* Did watching change the arm? More than 2 % off, beyond the interval's doubt. */
static bool disturbed(const struct verdict_arm *arm)
{
	return arm->overhead.n > 1 && (arm->overhead.low > 1.02 || arm->overhead.high < 0.98);
}

/* The shares come from traced runs of two arms: say so where tracing was felt. */
static void print_warning(FILE *out, const struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->narms; i++) {
		const struct verdict_arm *arm = &verdict->arms[i];
		char overhead[96], text[256];

		if (!disturbed(arm) || (strcmp(arm->arm, "threads") && strcmp(arm->arm, "sequential")))
			continue;
		span(overhead, sizeof(overhead), &arm->overhead, 1, "%.3f");
		snprintf(text, sizeof(text), "Beware: tracing changes %s, which takes %s times as "
			 "long as untraced. The ledger and its shares speak of the traced runs only.",
			 arm->arm, overhead);
		fputc('\n', out);
		print_wrapped(out, text, 86, "  ");
	}
}

static void print_answer(FILE *out, const struct report *report)
{
	char text[1024];

	fprintf(out, "Why are %" PRIu64 " threads slower than one?\n\n", report->workers);
	report__sentence(text, sizeof(text) - 2, report);
	strcat(text, ".");
	print_wrapped(out, text, 86, "  ");
	print_warning(out, report->verdict);
	snprintf(text, sizeof(text), "(%s over %" PRIu64 " blocks; lock %s, %" PRIu64 " tasks of %"
		 PRIu64 " objects, switch interval %" PRIu64 " us)",
		 report->verdict->blocks < 6 ? "median [smallest, largest]" :
		 "median [95 % interval]", report->verdict->blocks, report->lock, report->workers,
		 report->objects, report->interval_us);
	fputc('\n', out);
	print_wrapped(out, text, 86, "  ");
}

static void print_arm(FILE *out, const struct verdict_arm *arm)
{
	char wall[96], ratio[96], switches[32], handoffs[32], faults[32], rss[32];

	fprintf(out, "  %-13s %-20s %-21s %8s %8s %8s %6s\n", arm->arm,
		span(wall, sizeof(wall), &arm->wall_ms, 1, ms_format(&arm->wall_ms)),
		span(ratio, sizeof(ratio), &arm->ratio, 1, "%.3f"),
		count(switches, sizeof(switches), arm->switches),
		count(handoffs, sizeof(handoffs), arm->handoffs),
		count(faults, sizeof(faults), arm->faults),
		count(rss, sizeof(rss), arm->max_rss_mb));
}

static void print_arms(FILE *out, const struct verdict *verdict)
{
	fprintf(out, "\nArms (%s runs)\n  %-13s %-20s %-21s %8s %8s %8s %6s\n",
		verdict->arms[0].overhead.n ? "untraced" : "all", "", "wall ms", "/ sequential",
		"switches", "handoffs", "faults", "RSS MB");
	for (size_t i = 0; i < verdict->narms; i++)
		print_arm(out, &verdict->arms[i]);
}

static void print_lines(FILE *out, const struct verdict *verdict, const struct line *lines,
			size_t count_lines)
{
	for (size_t i = 0; i < count_lines; i++) {
		const struct verdict_part *part = &verdict->parts[lines[i].component];
		char ms[96], share[96];

		span(ms, sizeof(ms), &part->ms, 1, ms_format(&part->ms));
		fprintf(out, "  %*s%-*s %-20s %s\n", 2 * lines[i].indent, "",
			LABEL_WIDTH - 2 * lines[i].indent, lines[i].label, ms,
			part->share.n ? span(share, sizeof(share), &part->share, 100, "%.1f") : "");
	}
}

static void print_evidence(FILE *out, const struct report *report)
{
	const struct verdict *verdict = report->verdict;

	fprintf(out, "\nLedger: where the lock's time went, threads - sequential (traced runs)\n"
		"  %-*s %-20s %s\n", LABEL_WIDTH, "", "ms", verdict->slower ? "% of the excess" : "");
	if (verdict->parts[LEDGER_TOTAL].ms.n)
		print_lines(out, verdict, ledger_lines, COUNT(ledger_lines));
	else
		fprintf(out, "  no traced pair of sequential and threads under one lock\n");
	if (verdict->parts[LEDGER_NOT_EXPLAINED].ms.mid < 0)
		fprintf(out, "  (a rest below 0: `interleaved` costs more than `threads` lose while holding "
			"the lock)\n");
	fprintf(out, "\nLadder: neighbouring arms (%s runs)\n", report->untraced_reason ||
		verdict->arms[0].overhead.n ? "untraced" : "all");
	print_lines(out, verdict, ladder_lines, COUNT(ladder_lines));
	if (!isnan(report->lock_operation_ns))
		fprintf(out, "  (lock operations, %.0f ns each, are taken out of sequential for memory "
			"and of threads\n  for switching: interleaved has no lock)\n",
			report->lock_operation_ns);
}

static void print_overhead(FILE *out, const struct report *report)
{
	const struct verdict *verdict = report->verdict;
	char text[96];

	fprintf(out, "\nTracing overhead: traced / untraced\n");
	if (report->untraced_reason) {
		fprintf(out, "  nothing was traced: %s\n", report->untraced_reason);
		return;
	}
	for (size_t i = 0; i < verdict->narms; i++)
		fprintf(out, "  %-13s %s%s\n", verdict->arms[i].arm,
			span(text, sizeof(text), &verdict->arms[i].overhead, 1, "%.3f"),
			disturbed(&verdict->arms[i]) ? "  tracing changes this arm" : "");
}

static void print_validity(FILE *out, const struct report *report)
{
	const struct verdict *verdict = report->verdict;

	fprintf(out, "\nValidity\n  %" PRIu64 " runs in %" PRIu64 " blocks, the warm-up not counted; ",
		verdict->runs, verdict->blocks);
	if (verdict->invalid)
		fprintf(out, "%" PRIu64 " NOT VALID (see reason in runs.csv), left out\n",
			verdict->invalid);
	else
		fprintf(out, report->untraced_reason ? "none was checked by tracing\n" :
			"in every traced one the accounts add up\n");
	fprintf(out, "  stopped because %s; seed %" PRIu64 "\n",
		report->stop_reason ? report->stop_reason : "-", report->seed);
	fprintf(out, "  Lines of one block add up exactly; their medians need not.\n");
	if (report->folder)
		fprintf(out, "  Files: %s\n", report->folder);
}

void report__text(FILE *out, const struct report *report)
{
	print_answer(out, report);
	print_arms(out, report->verdict);
	print_evidence(out, report);
	print_overhead(out, report);
	print_validity(out, report);
}

void report__row(const struct verdict *verdict, enum verdict_component component,
		 const char *experiment, struct verdict_row *row)
{
	const struct verdict_part *part = &verdict->parts[component];

	columns__clear(&rows__verdict, row);
	columns__set_text(row->experiment, sizeof(row->experiment), experiment);
	columns__set_text(row->method, sizeof(row->method), verdict__method(component));
	columns__set_text(row->component, sizeof(row->component), verdict__component(component));
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

static void add_arms(cJSON *root, const struct verdict *verdict)
{
	cJSON *arms = cJSON_AddArrayToObject(root, "arms");

	for (size_t i = 0; i < verdict->narms; i++) {
		const struct verdict_arm *arm = &verdict->arms[i];
		cJSON *item = cJSON_CreateObject();

		cJSON_AddStringToObject(item, "arm", arm->arm);
		add_interval(item, "wall_ms", &arm->wall_ms);
		add_interval(item, "ratio", &arm->ratio);
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
		cJSON_AddStringToObject(item, "component", verdict__component(i));
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
	cJSON_AddBoolToObject(root, "slower", report->verdict->slower);
	add_interval(root, "slowdown", &report->verdict->slowdown);
	add_interval(root, "excess_ms", &report->verdict->excess_ms);
	add_arms(root, report->verdict);
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
