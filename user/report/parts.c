// SPDX-License-Identifier: GPL-2.0-or-later
// Prints the parts. No figure is computed here.
#include "report/parts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "verdict/agreement.h"
#include "base/figures.h"
#include "report/notes.h"

/* Of a column of arms; "threads-1cpu" fits. */
#define ARM_WIDTH 13

int report_parts__no_shares(char *text, size_t size, const struct verdict *verdict,
			    const struct report_words *words)
{
	const struct verdict_question *question = &verdict->question;
	char ratio[FIGURES_SIZE];

	if (!verdict->slowdown.n)
		return snprintf(text, size, "There is no valid pair of %s and %s runs, so there is "
				"no answer", question->base, question->other);
	figures__ratio(ratio, &verdict->slowdown);
	if (verdict->slowdown.n < 2)
		return snprintf(text, size, "%s took %s times as long as %s; one block has no "
				"interval, so nothing is explained", words->other_first, ratio,
				words->base);
	if (isnan(verdict->slowdown.low))
		return snprintf(text, size, "%s took %s times as long as %s; a machine with one "
				"block has no interval, so nothing is explained",
				words->other_first, ratio, words->base);
	if (verdict->slowdown.high < 1)
		return snprintf(text, size, "No slowdown here: %s took %s times as long as %s",
				words->other, ratio, words->base);
	return snprintf(text, size, "No slowdown here: the interval of %s / %s, %s, contains 1, so "
			"no shares are given; more blocks (as with --budget 400) or a quieter "
			"machine narrow it", question->other, question->base, ratio);
}

void report_parts__basis(char *text, size_t size, const struct verdict *verdict)
{
	if (verdict->machines > 1) {
		snprintf(text, size, "mean of %zu machines' medians [95 %% interval], %" PRIu64
			 " blocks", verdict->machines, verdict->blocks);
		return;
	}
	snprintf(text, size, "%s over %" PRIu64 " blocks", verdict->blocks < 6 ?
		 "median [smallest, largest]" : "median [95 % interval]", verdict->blocks);
}

void report_parts__wrapped(FILE *out, const char *text)
{
	while (*text) {
		size_t length = strlen(text);

		if (length > REPORT_TEXT_WIDTH) {
			length = REPORT_TEXT_WIDTH;
			while (length && text[length] != ' ')
				length--;
			if (!length)
				length = strcspn(text, " ");
		}
		fprintf(out, REPORT_INDENT "%.*s\n", (int)length, text);
		text += length + (text[length] == ' ');
	}
}

/* Sentences, an empty line before each. */
bool report_parts__warning(FILE *out, const struct report *report)
{
	char text[REPORT_NOTE_SIZE];
	size_t count = 0;

	while (report_notes__tracing(report, count, text)) {
		fputc('\n', out);
		report_parts__wrapped(out, text);
		count++;
	}
	return count;
}

static void print_arm(FILE *out, const struct verdict_arm *arm)
{
	char wall[FIGURES_SIZE], ratio[FIGURES_SIZE], switches[FIGURES_SIZE];
	char handoffs[FIGURES_SIZE], faults[FIGURES_SIZE], rss[FIGURES_SIZE];

	fprintf(out, "  %-13s %-20s %-21s %8s %8s %8s %6s\n", arm->arm,
		figures__ms(wall, &arm->wall_ms),
		figures__ratio(ratio, &arm->ratio),
		figures__count(switches, arm->switches),
		figures__count(handoffs, arm->handoffs),
		figures__count(faults, arm->faults),
		figures__count(rss, arm->max_rss_mb));
}

void report_parts__arms(FILE *out, const struct verdict *verdict)
{
	char to_base[ROWS_NAME_SIZE + 2];

	snprintf(to_base, sizeof(to_base), "/ %s", verdict->question.base);
	fprintf(out, "\nArms (%s runs)\n  %-13s %-20s %-21s %8s %8s %8s %6s\n",
		verdict->arms[0].overhead.n ? "untraced" : "all", "", "wall ms", to_base,
		"switches", "handoffs", "faults", "RSS MB");
	/* Arms that differ in their interval only get a table of their own. */
	for (size_t i = 0; i < verdict->narms; i++)
		if (!verdict->arms[i].interval_us)
			print_arm(out, &verdict->arms[i]);
}

static void print_interval(FILE *out, const struct verdict_arm *arm)
{
	char wall[FIGURES_SIZE], ratio[FIGURES_SIZE], handoffs[FIGURES_SIZE];
	char switches[FIGURES_SIZE];

	fprintf(out, "  %8" PRIu64 "  %-20s %-21s %9s %9s\n", arm->interval_us,
		figures__ms(wall, &arm->wall_ms), figures__ratio(ratio, &arm->to_other),
		figures__count(handoffs, arm->handoffs), figures__count(switches, arm->switches));
}

/* What other did at other switch intervals; nothing if there are none. */
void report_parts__intervals(FILE *out, const struct verdict *verdict, const char *title)
{
	bool headed = false;

	for (size_t i = 0; i < verdict->narms; i++) {
		if (!verdict->arms[i].interval_us)
			continue;
		if (!headed)
			fprintf(out, "\n%s\n  %8s  %-20s / %-19s %9s %9s\n", title, "us", "wall ms",
				verdict->question.other, "handoffs", "switches");
		headed = true;
		print_interval(out, &verdict->arms[i]);
	}
}

static void print_line(FILE *out, const struct report_line *line, const struct verdict_part *part)
{
	char ms[FIGURES_SIZE], share[FIGURES_SIZE];

	figures__ms(ms, &part->ms);
	fprintf(out, "  %*s%-*s %-20s %s\n", 2 * line->indent, "",
		REPORT_LABEL_WIDTH - 2 * line->indent, line->label, ms,
		part->share.n ? figures__percent(share, &part->share) : "");
}

void report_parts__lines(FILE *out, const struct verdict *verdict,
			 const struct report_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		print_line(out, &lines->lines[i], &verdict->parts[lines->lines[i].component]);
}

void report_parts__dose(FILE *out, const struct report *report)
{
	const struct verdict *verdict = report->verdict;
	const struct report_lines lines = report_lines__dose(report->comparison != NULL);
	char text[FIGURES_SIZE];

	fprintf(out, "\nDose and response: the excess held against the number of hand-offs\n");
	if (!verdict->dose.slope_us.n) {
		fprintf(out, "  no line: no two blocks have runs with clearly different "
			"numbers of hand-offs\n");
		return;
	}
	fprintf(out, "  %-*s %s us\n", REPORT_LABEL_WIDTH, "one hand-off, all included (slope)",
		figures__scaled(text, &verdict->dose.slope_us, 1, "%.1f"));
	report_parts__lines(out, verdict, &lines);
}

/* Narrow, wide and ladder side by side, and what comes of it. */
void report_parts__agreement(FILE *out, const struct verdict *verdict)
{
	static const struct report_line switching[] = {
		{ LEDGER_SWITCHING, 0, "ledger, narrow: lost around the switches" },
		{ DOSE_SWITCHING, 0, "dose, wide: all that grows with hand-offs" },
		{ LADDER_SWITCHING, 0, "ladder: its switching rungs, less lock" },
	};
	const struct report_lines lines = { switching, sizeof(switching) / sizeof(switching[0]) };
	char text[AGREEMENT_TEXT_SIZE];

	agreement__text(verdict, text);
	if (!*text)
		return;
	fprintf(out, "\nContext switching by three lines of evidence\n  %-*s %-20s %s\n",
		REPORT_LABEL_WIDTH, "", "ms", "% of the excess");
	report_parts__lines(out, verdict, &lines);
	report_parts__wrapped(out, text);
}

void report_parts__notes(FILE *out, const struct report *report)
{
	char text[REPORT_NOTE_SIZE];

	for (size_t i = 0; report_notes__get(report, i, text); i++) {
		fputs(i ? "" : "\nNotes\n", out);
		report_parts__wrapped(out, text);
	}
}

void report_parts__overhead(FILE *out, const struct report *report)
{
	const struct verdict *verdict = report->verdict;
	int width = ARM_WIDTH;
	char text[FIGURES_SIZE];

	fprintf(out, "\nTracing overhead: traced / untraced\n");
	if (report->untraced_reason) {
		fprintf(out, "  nothing was traced: %s\n", report->untraced_reason);
		return;
	}
	for (size_t i = 0; i < verdict->narms; i++)
		if (strlen(verdict->arms[i].arm) > (size_t)width)
			width = (int)strlen(verdict->arms[i].arm);
	for (size_t i = 0; i < verdict->narms; i++)
		if (verdict->arms[i].overhead.n || !verdict->arms[i].interval_us)
			fprintf(out, "  %-*s %s%s\n", width, verdict->arms[i].arm,
			figures__ratio(text, &verdict->arms[i].overhead),
			report_notes__felt(&verdict->arms[i]) ? "  tracing changes this arm" : "");
}

void report_parts__validity(FILE *out, const struct report *report)
{
	const struct verdict *verdict = report->verdict;

	fprintf(out, "\nValidity\n  %" PRIu64 " runs in %" PRIu64
		" blocks, the warm-up not counted; ", verdict->runs, verdict->blocks);
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
		fprintf(out, "  Files: %s%s\n", report->folder, report->programs_printed ?
			" (what the programs printed: programs/ there)" : "");
}

