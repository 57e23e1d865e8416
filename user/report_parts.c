// SPDX-License-Identifier: GPL-2.0-or-later
// Prints the parts. No figure is computed here.
#include "report_parts.h"

#include <inttypes.h>
#include <string.h>

#include "figures.h"
#include "switch_interval.h"

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
	if (verdict->slowdown.high < 1)
		return snprintf(text, size, "No slowdown here: %s took %s times as long as %s",
				words->other, ratio, words->base);
	return snprintf(text, size, "No slowdown here: the interval of %s / %s, %s, contains 1, so "
			"no shares are given; more blocks (as with --budget 400) or a quieter "
			"machine narrow it", question->other, question->base, ratio);
}

void report_parts__basis(char *text, size_t size, const struct verdict *verdict)
{
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

/* Did watching change the arm? More than 2 % off, beyond the interval's doubt. */
static bool disturbed(const struct verdict_arm *arm)
{
	return arm->overhead.n > 1 && (arm->overhead.low > 1.02 || arm->overhead.high < 0.98);
}

/* The shares come from traced runs of two arms: say so where tracing was felt. */
bool report_parts__warning(FILE *out, const struct verdict *verdict)
{
	bool warned = false;

	for (size_t i = 0; i < verdict->narms; i++) {
		const struct verdict_arm *arm = &verdict->arms[i];
		char overhead[FIGURES_SIZE], text[384];

		if (!disturbed(arm) || (strcmp(arm->arm, verdict->question.other) &&
					strcmp(arm->arm, verdict->question.base)))
			continue;
		figures__ratio(overhead, &arm->overhead);
		snprintf(text, sizeof(text), "Beware: tracing changes %s, which takes %s times as "
			 "long as untraced. The ledger and its shares speak of the traced runs "
			 "only.", arm->arm, overhead);
		fputc('\n', out);
		report_parts__wrapped(out, text);
		warned = true;
	}
	return warned;
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
		if (!switch_interval__of_arm(verdict->arms[i].arm))
			print_arm(out, &verdict->arms[i]);
}

void report_parts__lines(FILE *out, const struct verdict *verdict,
			 const struct report_line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct verdict_part *part = &verdict->parts[lines[i].component];
		char ms[FIGURES_SIZE], share[FIGURES_SIZE];

		figures__ms(ms, &part->ms);
		fprintf(out, "  %*s%-*s %-20s %s\n", 2 * lines[i].indent, "",
			REPORT_LABEL_WIDTH - 2 * lines[i].indent, lines[i].label, ms,
			part->share.n ? figures__percent(share, &part->share) : "");
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
		fprintf(out, "  %-*s %s%s\n", width, verdict->arms[i].arm,
			figures__ratio(text, &verdict->arms[i].overhead),
			disturbed(&verdict->arms[i]) ? "  tracing changes this arm" : "");
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

