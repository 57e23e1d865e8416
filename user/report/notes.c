// SPDX-License-Identifier: GPL-2.0-or-later
// The notes, one function each; text "": it does not apply.
#include "report/notes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/figures.h"

bool report_notes__felt(const struct verdict_arm *arm)
{
	return arm->overhead.n > 1 && (arm->overhead.low > 1.02 || arm->overhead.high < 0.98);
}

/* The shares come from traced runs of two arms: say so where tracing was felt. */
bool report_notes__tracing(const struct report *report, size_t index, char text[REPORT_NOTE_SIZE])
{
	const struct verdict *verdict = report->verdict;

	for (size_t i = 0; i < verdict->narms; i++) {
		const struct verdict_arm *arm = &verdict->arms[i];
		char overhead[FIGURES_SIZE];

		if (!report_notes__felt(arm) || (strcmp(arm->arm, verdict->question.other) &&
						 strcmp(arm->arm, verdict->question.base)))
			continue;
		if (index--)
			continue;
		snprintf(text, REPORT_NOTE_SIZE, "Beware: tracing changes %s, which takes %s times "
			 "as long as untraced. The ledger and its shares speak of the traced runs "
			 "only.", arm->arm, figures__ratio(overhead, &arm->overhead));
		return true;
	}
	return false;
}

static bool has_ledger(const struct report *report)
{
	return report->verdict->parts[LEDGER_TOTAL].ms.n;
}

static void where_the_ledger_is_from(const struct report *report, char *text)
{
	const struct verdict *verdict = report->verdict;

	if (!has_ledger(report))
		return;
	snprintf(text, REPORT_NOTE_SIZE, "The ledger's lines are differences of traced runs, block "
		 "by block%s%s%s.",
		 verdict->parts[LEDGER_PAGE_FAULTS].ms.n ? "; page faults are those of the same "
		 "runs, by samples of the running holder" : "",
		 verdict->parts[LEDGER_MEMORY].ms.n ? "; memory is the traced run of interleaved "
		 "less that of sequential without its lock operations" : "",
		 verdict->parts[LEDGER_LOCK].ms.n ? "; lock operations are a price times the same "
		 "runs' counts" : "");
}

static void what_the_lock_costs(const struct report *report, char *text)
{
	double ns = report->verdict->prices.lock_operation_ns;

	if (!report->verdict->question.memory || isnan(ns))
		return;
	snprintf(text, REPORT_NOTE_SIZE, "Lock operations, %.0f ns each, are taken out of "
		 "sequential for memory and of threads for the ladder's switching: interleaved has "
		 "no lock.", ns);
}

static void what_a_switch_costs(const struct report *report, char *text)
{
	double ns = report->verdict->prices.switch_ns;

	if (!has_ledger(report) || isnan(ns))
		return;
	snprintf(text, REPORT_NOTE_SIZE, "Hand-offs x price of a switch is a prediction, at %.0f "
		 "ns from thread to thread on one CPU (prices.csv): it lies inside other lines and "
		 "is never added.", ns);
}

static void a_rest_below_zero(const struct report *report, char *text)
{
	if (report->verdict->question.memory &&
	    report->verdict->parts[LEDGER_NOT_EXPLAINED].ms.mid < 0)
		snprintf(text, REPORT_NOTE_SIZE, "A rest below 0: interleaved costs more than "
			 "threads lose while holding the lock.");
}

static void who_disturbed(const struct report *report, char *text)
{
	const struct verdict *verdict = report->verdict;
	char slowdown[FIGURES_SIZE];
	int length;

	if (!verdict->disturbed)
		return;
	length = snprintf(text, REPORT_NOTE_SIZE, "%" PRIu64 " of %" PRIu64 " runs are marked as "
			  "disturbed: others had too much of the CPUs (column disturbed of "
			  "runs.csv). They count all the same; ", verdict->disturbed,
			  verdict->runs);
	if (verdict->slowdown_undisturbed.n)
		snprintf(text + length, REPORT_NOTE_SIZE - (size_t)length, "without them the "
			 "slowdown is %s, over %zu blocks.",
			 figures__ratio(slowdown, &verdict->slowdown_undisturbed),
			 verdict->slowdown_undisturbed.n);
	else
		snprintf(text + length, REPORT_NOTE_SIZE - (size_t)length, "without them no pair "
			 "of %s and %s is left.", verdict->question.base, verdict->question.other);
}

/* The ledger has it among the waits for others: they are no switching either. */
static void who_was_throttled(const struct report *report, char *text)
{
	const struct verdict *verdict = report->verdict;

	if (!verdict->throttled)
		return;
	snprintf(text, REPORT_NOTE_SIZE, "Throttled: %" PRIu64 " of all runs had used up the CPU "
		 "quota of their control group (cpu.max), for %.1f ms together: columns "
		 "throttled_ns and group_throttled_ns of runs.csv. The ledger counts that as time "
		 "that others took; states held_throttled and handoff_throttled of ledger.csv.",
		 verdict->throttled, verdict->throttled_ms);
}

static void why_untraced(const struct report *report, char *text)
{
	if (report->untraced_reason)
		snprintf(text, REPORT_NOTE_SIZE, "Nothing was traced: %.600s.",
			 report->untraced_reason);
}

static void why_no_intervals(const struct report *report, char *text)
{
	if (report->interval_refused)
		snprintf(text, REPORT_NOTE_SIZE, "The switch interval of OTHER could not be set, "
			 "those arms are left out: no CPython 3, or started with -I, -E or -S.");
}

bool report_notes__get(const struct report *report, size_t index, char text[REPORT_NOTE_SIZE])
{
	static void (*const notes[])(const struct report *report, char *text) = {
		where_the_ledger_is_from, what_the_lock_costs, what_a_switch_costs,
		a_rest_below_zero, who_disturbed, who_was_throttled, why_untraced, why_no_intervals,
	};

	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		text[0] = '\0';
		notes[i](report, text);
		if (text[0] && !index--)
			return true;
	}
	return false;
}
