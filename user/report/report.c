// SPDX-License-Identifier: GPL-2.0-or-later
// Prints a verdict. No figure is computed here.
#include "report/report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/figures.h"
#include "report/compare.h"
#include "report/machines.h"
#include "report/parts.h"

/* ", lock operations 3.1 %" and the like, where it is worth a word. */
static const char *if_worth_it(char *text, size_t size, const char *format,
			       const struct verdict_part *part)
{
	char percent[FIGURES_SIZE];

	text[0] = '\0';
	if (part->share.n && fabs(part->share.mid) >= 0.001)
		snprintf(text, size, format, figures__percent(percent, &part->share));
	return text;
}

static int explained(char *text, size_t size, const struct verdict *verdict, const char *ratio,
		     const char *ms)
{
	const struct verdict_part *parts = verdict->parts;
	char switching[FIGURES_SIZE], memory[FIGURES_SIZE], other[FIGURES_SIZE];
	char unknown[FIGURES_SIZE], faults[2 * FIGURES_SIZE], lock[2 * FIGURES_SIZE];

	return snprintf(text, size, "The threads took %s times as long as one thread, %s ms more: "
			"of the excess, context switching explains %s %%; memory explains %s %%%s; "
			"%spre-emption by others %s %%; %s %% is not explained", ratio, ms,
			figures__percent(switching, &parts[LEDGER_SWITCHING].share),
			figures__percent(memory, &parts[LEDGER_MEMORY].share),
			if_worth_it(faults, sizeof(faults), " (page faults %s %%)",
				    &parts[LEDGER_PAGE_FAULTS]),
			if_worth_it(lock, sizeof(lock), "lock operations %s %%; ",
				    &parts[LEDGER_LOCK]),
			figures__percent(other, &parts[LEDGER_PREEMPTED_OTHER].share),
			figures__percent(unknown, &parts[LEDGER_NOT_EXPLAINED].share));
}

static int slower_sentence(char *text, size_t size, const struct verdict *verdict)
{
	const struct verdict_part *parts = verdict->parts;
	char ratio[FIGURES_SIZE], ms[FIGURES_SIZE];

	figures__ratio(ratio, &verdict->slowdown);
	figures__ms(ms, &verdict->excess_ms);
	if (parts[LEDGER_SWITCHING].share.n)
		return explained(text, size, verdict, ratio, ms);
	return snprintf(text, size, "The threads took %s times as long as one thread, %s ms more; "
			"%s how much of it is context switching", ratio, ms,
			parts[LEDGER_TOTAL].ms.n ? "the traced runs show no slowdown for certain, "
			"so they do not tell" : "untraced runs do not tell");
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
	report_parts__warning(out, report);
	report_parts__basis(basis, sizeof(basis), report->verdict);
	snprintf(text, sizeof(text), "(%s; lock %s, %" PRIu64 " tasks of %" PRIu64 " objects, "
		 "switch interval %" PRIu64 " us)", basis, report->lock, report->workers,
		 report->objects, report->interval_us);
	fputc('\n', out);
	report_parts__wrapped(out, text);
}

static void print_ledger(FILE *out, const struct verdict *verdict)
{
	const struct report_lines lines = report_lines__ledger(false);

	fprintf(out, "\nLedger: where the lock's time went, threads - sequential (traced runs)\n"
		"  %-*s %-20s %s\n", REPORT_LABEL_WIDTH, "", "ms",
		verdict->slower ? "% of the excess" : "");
	if (verdict->parts[LEDGER_TOTAL].ms.n)
		report_parts__lines(out, verdict, &lines);
	else
		fprintf(out, "  no traced pair of sequential and threads under one lock\n");
}

static void print_evidence(FILE *out, const struct report *report)
{
	const struct verdict *verdict = report->verdict;
	const struct report_lines ladder = report_lines__ladder(false);

	print_ledger(out, verdict);
	fprintf(out, "\nLadder: neighbouring arms (%s runs)\n", report->untraced_reason ||
		verdict->arms[0].overhead.n ? "untraced" : "all");
	report_parts__lines(out, verdict, &ladder);
	report_parts__dose(out, report);
	report_parts__agreement(out, verdict);
}

void report__text(FILE *out, const struct report *report)
{
	if (report->comparison) {
		report_compare__text(out, report);
		return;
	}
	print_answer(out, report);
	report_parts__arms(out, report->verdict);
	report_machines__text(out, report->machines);
	report_parts__intervals(out, report->verdict, "Threads at other switch intervals (untraced "
				"runs)");
	print_evidence(out, report);
	report_parts__overhead(out, report);
	report_parts__notes(out, report);
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
