// SPDX-License-Identifier: GPL-2.0-or-later
// Holds the three lines against each other, and says in words what comes of it.
#include "verdict/agreement.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HALF 0.5

enum { LEDGER, DOSE, LADDER, LINES };

struct lines {
	const struct interval *share[LINES];	/* NULL: there is none */
	size_t count;
};

static struct lines lines_of(const struct verdict *verdict)
{
	static const enum verdict_component switching[LINES] = {
		[LEDGER] = LEDGER_SWITCHING, [DOSE] = DOSE_SWITCHING, [LADDER] = LADDER_SWITCHING,
	};
	struct lines lines = { 0 };

	for (int i = 0; i < LINES; i++) {
		const struct interval *share = &verdict->parts[switching[i]].share;

		if (share->n < 2)
			continue;
		lines.share[i] = share;
		lines.count++;
	}
	return lines;
}

/* Is a as a whole below b? False if one is missing. */
static bool below(const struct interval *a, const struct interval *b)
{
	return a && b && a->high < b->low;
}

static bool meet(const struct interval *a, const struct interval *b)
{
	return !below(a, b) && !below(b, a);
}

static bool all_meet(const struct lines *lines)
{
	return meet(lines->share[LEDGER], lines->share[DOSE]) &&
	       meet(lines->share[LEDGER], lines->share[LADDER]) &&
	       meet(lines->share[DOSE], lines->share[LADDER]);
}

/* All there are; above or below half. */
static bool all_beyond(const struct lines *lines, bool above)
{
	const struct interval half = { HALF, HALF, HALF, 1 };

	for (int i = 0; i < LINES; i++)
		if (lines->share[i] && !(above ? below(&half, lines->share[i]) :
						 below(lines->share[i], &half)))
			return false;
	return true;
}

/* What is a part of another cannot be more than that. */
static bool narrow_is_too_large(const struct lines *lines)
{
	return below(lines->share[DOSE], lines->share[LEDGER]) ||
	       below(lines->share[LADDER], lines->share[LEDGER]);
}

static enum agreement compare(const struct lines *lines)
{
	if (lines->count < 2)
		return AGREEMENT_NOT_KNOWN;
	if (all_beyond(lines, true))
		return AGREEMENT_LARGER;
	if (all_beyond(lines, false))
		return AGREEMENT_SMALLER;
	if (all_meet(lines))
		return AGREEMENT_OVERLAP;
	if (narrow_is_too_large(lines) || !meet(lines->share[DOSE], lines->share[LADDER]))
		return AGREEMENT_NONE;
	return AGREEMENT_INDIRECT;
}

enum agreement agreement__of(const struct verdict *verdict)
{
	const struct lines lines = lines_of(verdict);

	return verdict->slower ? compare(&lines) : AGREEMENT_NOT_ASKED;
}

__attribute__((format(printf, 2, 3))) static void say(char *text, const char *format, ...)
{
	size_t length = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + length, AGREEMENT_TEXT_SIZE - length, format, args);
	va_end(args);
}

static const char *everyone(const struct lines *lines)
{
	return lines->count == LINES ? "All three lines agree" : "The two lines there are agree";
}

/* The ladder's top rungs, and what they hold besides switching. */
static void say_disagreement(const struct lines *lines, char *text)
{
	if (narrow_is_too_large(lines))
		say(text, "The lines disagree: what is lost around the switches (ledger) is a part "
		    "of what the %s measures, and yet it lies above it. Tracing has changed the "
		    "runs, or the machine was not quiet: rely on none of them.",
		    below(lines->share[DOSE], lines->share[LEDGER]) ? "dose" : "ladder");
	else if (below(lines->share[DOSE], lines->share[LADDER]))
		say(text, "The lines disagree: the ladder lies above the dose. The threads lose "
		    "time that does not grow with the number of hand-offs: the ladder counts it "
		    "as switching, the dose does not, and only the dose is evidence that it is.");
	else
		say(text, "The lines disagree: the dose lies above the ladder. What grows with "
		    "the number of hand-offs is more than threads take longer than one thread "
		    "that has all tasks alive: that thread pays for something that the threads "
		    "do not, or the machine was not quiet.");
}

static void say_comparison(enum agreement agreement, const struct lines *lines, char *text)
{
	switch (agreement) {
	case AGREEMENT_LARGER:
		say(text, "%s: context switching is more than half of the excess", everyone(lines));
		break;
	case AGREEMENT_SMALLER:
		say(text, "%s: context switching is less than half of the excess", everyone(lines));
		break;
	case AGREEMENT_OVERLAP:
		say(text, "The lines do not contradict each other: their intervals overlap. But "
		    "they do not all lie on one side of one half, so whether context switching is "
		    "the larger part is not decided; more blocks narrow them.");
		return;
	case AGREEMENT_INDIRECT:
		say(text, "The lines differ, and are compatible: what is lost around the switches "
		    "(ledger) is less than what they cost in all. The rest, direct kernel work "
		    "and cold caches, is paid while the lock is held by a running thread.");
		return;
	case AGREEMENT_NONE: say_disagreement(lines, text); return;
	default: say(text, "Fewer than two lines have an interval: nothing confirms it."); return;
	}
	say(text, "%s.", all_meet(lines) ? "" : ", though their intervals do not all overlap");
}

static bool ran(const struct verdict *verdict, const char *arm)
{
	return arm && verdict__arm(verdict, arm);
}

static bool other_intervals_ran(const struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->narms; i++)
		if (verdict->arms[i].interval_us)
			return true;
	return false;
}

static const char *missing_ladder(const struct verdict *verdict)
{
	const struct verdict_question *question = &verdict->question;

	if (!question->memory)
		return "no rung is switching alone, since no arm takes everything else out";
	if (!ran(verdict, question->memory) || !ran(verdict, question->one_cpu))
		return "one of its arms was not run";
	return "fewer than two blocks have valid runs of all its arms";
}

static void say_missing(const struct verdict *verdict, const struct lines *lines, char *text)
{
	if (!lines->share[LEDGER] && verdict->parts[LEDGER_TOTAL].ms.n > 1)
		say(text, " The ledger has no shares: its traced runs show no slowdown for "
		    "certain.");
	else if (!lines->share[LEDGER])
		say(text, " The ledger is missing: fewer than two blocks have valid traced runs of "
		    "both %s and %s under one lock.", verdict->question.base,
		    verdict->question.other);
	if (!lines->share[DOSE])
		say(text, " The dose is missing: %s.", other_intervals_ran(verdict) ?
		    "fewer than two blocks have valid runs with clearly different numbers of "
		    "hand-offs" :
		    "no arm ran at another switch interval");
	if (!lines->share[LADDER])
		say(text, " The ladder is missing: %s.", missing_ladder(verdict));
}

void agreement__text(const struct verdict *verdict, char text[AGREEMENT_TEXT_SIZE])
{
	const struct lines lines = lines_of(verdict);
	enum agreement agreement = agreement__of(verdict);

	text[0] = '\0';
	if (agreement == AGREEMENT_NOT_ASKED)
		return;
	say_comparison(agreement, &lines, text);
	say_missing(verdict, &lines, text);
}
