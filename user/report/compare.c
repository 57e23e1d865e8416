// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_compare - the report on two command lines.
 *
 * Two arbitrary programs have no arm that takes memory out of the difference, so what
 * passed while the lock was held by a running thread stays one figure, and no rung of
 * the ladder is switching alone. The words must not claim more.
 */
#include "report/compare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "results/columns.h"
#include "base/figures.h"
#include "lock/site.h"
#include "report/machines.h"
#include "report/parts.h"

static bool arm_has_lock(const struct verdict *verdict, const char *name)
{
	const struct verdict_arm *arm = verdict__arm(verdict, name);

	return arm && arm->has_lock;
}

/* A valid one, with its untraced partner. */
static bool arm_was_traced(const struct verdict *verdict, const char *name)
{
	const struct verdict_arm *arm = verdict__arm(verdict, name);

	return arm && arm->overhead.n;
}

static bool arm_is_late(const struct verdict *verdict, const char *name)
{
	const struct verdict_arm *arm = verdict__arm(verdict, name);

	return arm && arm->late;
}

/* Whose lock was watched for a part of its time only; NULL: nobody's. */
static const char *late_ledger(const struct verdict *verdict)
{
	bool base = arm_is_late(verdict, verdict->question.base);
	bool other = arm_is_late(verdict, verdict->question.other);

	if (base && other)
		return "the locks of both were watched for a part of their time only";
	return other ? "the lock of OTHER was watched for a part of its time only" :
	       base ? "the lock of BASE was watched for a part of its time only" : NULL;
}

/* Why there is no ledger of the difference. */
static const char *missing_ledger(const struct report *report)
{
	const struct verdict *verdict = report->verdict;
	bool base = arm_has_lock(verdict, verdict->question.base);
	bool other = arm_has_lock(verdict, verdict->question.other);

	if (report->untraced_reason)
		return "nothing was traced";
	if (verdict->parts[LEDGER_TOTAL].ms.n)
		return "the traced runs show no slowdown for certain";
	if ((base && other) || !arm_was_traced(verdict, verdict->question.base) ||
	    !arm_was_traced(verdict, verdict->question.other))
		return "no block has a valid traced run of both";
	if (late_ledger(verdict))
		return late_ledger(verdict);
	return base ? "no lock was found in OTHER" : other ? "no lock was found in BASE" :
		      "no lock was found in either program";
}

/* What the search for a lock had to say. */
static void print_lock_reason(FILE *out, const char *name, const char *why)
{
	char text[LOCK_SITES_WHY_SIZE + 16];

	if (!why || !*why)
		return;
	snprintf(text, sizeof(text), "%s: %s", name, why);
	report_parts__wrapped(out, text);
}

/* Without a lock's ledger there is still what all threads together had of the CPUs. */
static int threads_sentence(char *text, size_t size, const struct report *report, const char *ratio,
			    const char *ms)
{
	const struct verdict *verdict = report->verdict;
	const struct verdict_arm *base = verdict__arm(verdict, verdict->question.base);
	const struct verdict_arm *other = verdict__arm(verdict, verdict->question.other);

	if (!base || !other || base->has_lock || other->has_lock || !(base->cpu_ms > 0) ||
	    !(other->cpu_ms > 0))
		return snprintf(text, size, "OTHER took %s times as long as BASE, %s ms more; %s, "
				"so how much of it is context switching is not known", ratio, ms,
				missing_ledger(report));
	return snprintf(text, size, "OTHER took %s times as long as BASE, %s ms more; its threads "
			"were running on CPUs, computing or spinning, for %.1f ms together, those "
			"of BASE for %.1f ms, and the rest of their time they were waiting or "
			"asleep; %s, so what part of it is due to one cannot be told", ratio, ms,
			other->cpu_ms, base->cpu_ms, missing_ledger(report));
}

static int slower_sentence(char *text, size_t size, const struct report *report)
{
	const struct verdict *verdict = report->verdict;
	const struct verdict_part *parts = verdict->parts;
	char ratio[FIGURES_SIZE], ms[FIGURES_SIZE], switching[FIGURES_SIZE];
	char others[FIGURES_SIZE], blocked[FIGURES_SIZE], rest[FIGURES_SIZE];
	char faults[FIGURES_SIZE];

	figures__ratio(ratio, &verdict->slowdown);
	figures__ms(ms, &verdict->excess_ms);
	if (!parts[LEDGER_SWITCHING].share.n)
		return threads_sentence(text, size, report, ratio, ms);
	figures__percent(switching, &parts[LEDGER_SWITCHING].share);
	figures__percent(others, &parts[LEDGER_PREEMPTED_OTHER].share);
	figures__percent(blocked, &parts[LEDGER_BLOCKED].share);
	figures__percent(faults, &parts[LEDGER_PAGE_FAULTS].share);
	figures__percent(rest, &parts[LEDGER_NOT_EXPLAINED].share);
	return snprintf(text, size, "OTHER took %s times as long as BASE, %s ms more: of the "
			"excess, context switching explains %s %%; pre-emption by others %s %%; "
			"sleep under the lock %s %%; %s%s%swhile the lock was held by a running "
			"thread: %s %%, not explained further", ratio, ms, switching, others,
			blocked, parts[LEDGER_PAGE_FAULTS].share.n ? "page faults " : "",
			parts[LEDGER_PAGE_FAULTS].share.n ? faults : "",
			parts[LEDGER_PAGE_FAULTS].share.n ? " %; otherwise " : "", rest);
}

int report_compare__sentence(char *text, size_t size, const struct report *report)
{
	static const struct report_words words = { "OTHER", "OTHER", "BASE" };

	int length;

	if (report->verdict->slower)
		return slower_sentence(text, size, report);
	length = report_parts__no_shares(text, size, report->verdict, &words);
	/* A block has up to twelve runs of programs that may take their time. */
	if (report->verdict->slowdown.n == 1 && length > 0 && (size_t)length < size)
		length += snprintf(text + length, size - (size_t)length, "; a larger --budget or "
				   "fewer arms (--arms base,other) give more blocks");
	return length;
}

static void print_answer(FILE *out, const struct report *report)
{
	char text[1024], basis[64];

	fprintf(out, "Why is OTHER slower than BASE?\n\n");
	fprintf(out, REPORT_INDENT "BASE  %s\n", report->comparison->base);
	fprintf(out, REPORT_INDENT "OTHER %s\n", report->comparison->other);
	fputc('\n', out);
	report_compare__sentence(text, sizeof(text) - 2, report);
	strcat(text, ".");
	report_parts__wrapped(out, text);
	if (report_parts__warning(out, report))
		report_parts__wrapped(out, "--no-lock leaves a lock that is taken very often "
				      "alone; threads and futexes are traced all the same.");
	report_parts__basis(basis, sizeof(basis), report->verdict);
	fprintf(out, "\n" REPORT_INDENT "(%s)\n", basis);
}

static void print_ledger(FILE *out, const struct report *report)
{
	const struct verdict *verdict = report->verdict;
	const struct report_lines lines = report_lines__ledger(true);

	fprintf(out, "\nLedger: where the lock's time went, other - base (traced runs)\n");
	if (!verdict->parts[LEDGER_TOTAL].ms.n) {
		fprintf(out, "  none: %s\n", missing_ledger(report));
		print_lock_reason(out, "BASE", report->comparison->base_lock_why);
		print_lock_reason(out, "OTHER", report->comparison->other_lock_why);
		return;
	}
	fprintf(out, "  %-*s %-20s %s\n", REPORT_LABEL_WIDTH, "", "ms",
		verdict->slower ? "% of the excess" : "");
	report_parts__lines(out, verdict, &lines);
	print_lock_reason(out, "BASE", report->comparison->base_lock_why);
	print_lock_reason(out, "OTHER", report->comparison->other_lock_why);
}

static void print_ladder(FILE *out, const struct report *report)
{
	const struct verdict *verdict = report->verdict;
	const struct report_lines lines = report_lines__ladder(true);

	fprintf(out, "\nLadder: neighbouring arms (%s runs)\n", report->untraced_reason ||
		verdict->arms[0].overhead.n ? "untraced" : "all");
	report_parts__lines(out, verdict, &lines);
	fprintf(out, "  (the first rung holds all that OTHER does more than BASE, its switching "
		"on one\n  CPU included; the second what more CPUs cost, or save if below 0)\n");
}

void report_compare__text(FILE *out, const struct report *report)
{
	print_answer(out, report);
	report_parts__arms(out, report->verdict);
	if (!report->untraced_reason)
		fputs("  (hand-offs are those of the traced runs)\n", out);
	report_machines__text(out, report->machines);
	report_parts__intervals(out, report->verdict, "Switch interval of OTHER, set from outside "
				"(CPython's own: 5000 us)");
	print_ledger(out, report);
	print_ladder(out, report);
	report_parts__dose(out, report);
	report_parts__agreement(out, report->verdict);
	report_parts__overhead(out, report);
	report_parts__notes(out, report);
	report_parts__validity(out, report);
}

void report_compare__add_programs(cJSON *root, const struct report_comparison *comparison)
{
	cJSON_AddStringToObject(root, "base", comparison->base);
	cJSON_AddStringToObject(root, "other", comparison->other);
}
