// SPDX-License-Identifier: GPL-2.0-or-later
// A live view on a screen of ncurses, line by line.
//
// Colour only repeats what letters, names and figures say.
#include "live/draw.h"

#include <curses.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "live/text.h"

#define LINE_SIZE 2048
#define LABEL_COLUMNS 23	/* letter, the longest name of a state, and blanks */
#define SHARE_COLUMNS 8
#define TIME_COLUMNS 10
#define MAX_CELLS 1024

/* Pairs of colours: lock states, not seen, then the threads' states. */
#define PAIR_LOCK 1
#define PAIR_NOT_SEEN (PAIR_LOCK + LOCK_STATES)
#define PAIR_THREAD (PAIR_NOT_SEEN + 1)

static const short lock_colours[LOCK_STATES] = {
	[HELD_RUNNING] = COLOR_GREEN, [HELD_PREEMPTED_SELF] = COLOR_YELLOW,
	[HELD_PREEMPTED_OTHER] = COLOR_MAGENTA, [HELD_BLOCKED] = COLOR_BLUE,
	[HELD_WAKING] = COLOR_BLUE, [HELD_THROTTLED] = COLOR_MAGENTA,
	[HANDOFF_SIGNAL] = COLOR_RED, [HANDOFF_QUEUE] = COLOR_RED,
	[HANDOFF_QUEUE_SELF] = COLOR_RED, [HANDOFF_QUEUE_OTHER] = COLOR_MAGENTA,
	[HANDOFF_THROTTLED] = COLOR_MAGENTA, [HANDOFF_TAKE] = COLOR_RED, [FREE_IDLE] = COLOR_CYAN,
};

static const short thread_colours[THREAD_STATES] = {
	[THREAD_CPU] = COLOR_GREEN, [THREAD_READY] = COLOR_YELLOW, [THREAD_LOCK_WAIT] = COLOR_RED,
	[THREAD_BLOCKED] = COLOR_BLUE,
};

struct live_means live_draw__means(void)
{
	const char *no_color = getenv("NO_COLOR");
	struct live_means means = {
		.blocks = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
		.colour = !(no_color && *no_color) && has_colors() && start_color() == OK,
	};
	short behind = COLOR_BLACK;

	if (!means.colour)
		return means;
	if (use_default_colors() == OK)
		behind = -1;
	for (int state = 0; state < LOCK_STATES; state++)
		init_pair((short)(PAIR_LOCK + state), lock_colours[state], behind);
	init_pair(PAIR_NOT_SEEN, COLOR_MAGENTA, behind);
	for (int state = 0; state < THREAD_STATES; state++)
		init_pair((short)(PAIR_THREAD + state), thread_colours[state], behind);
	return means;
}

/* Text in so many columns from here, no more and no less. */
static void put(int row, int column, int width, const char *text)
{
	char fitted[LINE_SIZE];
	int used = live_text__fit(text, width, fitted, sizeof(fitted));

	mvaddstr(row, column, fitted);
	for (; used < width; used++)
		addch(' ');
}

static void __attribute__((format(printf, 4, 5))) print(int row, int column, int width,
							const char *format, ...)
{
	char text[LINE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text__tame(text, '?');
	put(row, column, width, text);
}

static void dye(const struct live_means *means, int pair)
{
	if (means->colour)
		attrset(COLOR_PAIR(pair));
}

static void draw_title(const struct live_view *view, const struct live *live)
{
	char elapsed[32];

	live_text__clock(live->whole.ns, elapsed, sizeof(elapsed));
	attrset(A_REVERSE);
	print(0, 0, COLS, " switchtax  %s  %s%s", view->program, elapsed,
	      view->paused ? "  PAUSED" : "");
	attrset(A_NORMAL);
	print(1, 0, COLS, "lock: %s", view->lock);
}

static void draw_rates(const struct live *live)
{
	const struct live_stretch *last = &live->last;
	char handoffs[16], voluntary[16], involuntary[16], of_lock[96] = "";

	live_text__rate(live__rate(last->switches[VOLUNTARY], last->ns), voluntary,
			sizeof(voluntary));
	live_text__rate(live__rate(last->switches[INVOLUNTARY], last->ns), involuntary,
			sizeof(involuntary));
	if (last->has_lock) {
		live_text__rate(live__rate(last->handoffs, last->ns), handoffs, sizeof(handoffs));
		snprintf(of_lock, sizeof(of_lock), "hand-offs %s/s (%.0f%% forced)  ", handoffs,
			 last->handoffs ? 100.0 * (double)last->handoffs_forced /
					  (double)last->handoffs : 0);
	}
	print(2, 0, COLS, "%sswitches/s %s vol %s invol  lost %lu", of_lock, voluntary, involuntary,
	      (unsigned long)live->whole.events_lost);
}

/* --- the lock ---------------------------------------------------------------------- */

/* What of a row of the lock there is room for. */
struct lock_columns {
	int bar;
	bool time;
	bool whole;
};

static struct lock_columns lock_columns(void)
{
	struct lock_columns columns = { .time = COLS >= 56, .whole = COLS >= 66 };

	columns.bar = COLS - LABEL_COLUMNS - SHARE_COLUMNS - 1 -
		      (columns.time ? TIME_COLUMNS : 0) - (columns.whole ? SHARE_COLUMNS : 0);
	if (columns.bar > MAX_CELLS)
		columns.bar = MAX_CELLS;
	return columns;
}

static void draw_lock_heading(int row, const struct live *live)
{
	struct lock_columns columns = lock_columns();
	int at = COLS - SHARE_COLUMNS - (columns.time ? TIME_COLUMNS : 0) -
		 (columns.whole ? SHARE_COLUMNS : 0);
	char length[32];

	live_text__time(live->last.ns, length, sizeof(length));
	attrset(A_BOLD);
	print(row, 0, at, "the lock, last %s", length);
	print(row, at, COLS - at, "%8s%s%s", "share", columns.time ? "      time" : "",
	      columns.whole ? "     all" : "");
	attrset(A_NORMAL);
}

/* Eighths of a cell where the locale has them, else whole ones, of the state's letter. */
static void draw_bar(const struct live_means *means, int row, int width, double share, char letter)
{
	static const char *const eighths[] = { " ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" };
	int parts = (int)(share * width * 8 + 0.5);

	move(row, LABEL_COLUMNS);
	for (int cell = 0; cell < width; cell++, parts -= 8) {
		int part = parts <= 0 ? 0 : parts >= 8 ? 8 : parts;

		if (means->blocks)
			addstr(eighths[part]);
		else
			addch(part >= 4 ? (chtype)letter : ' ');
	}
}

/* One state, or what is in none. */
static void draw_lock_row(const struct live_means *means, int row, int state,
			  const struct live *live)
{
	const struct live_parts *last = &live->last.lock, *whole = &live->whole.lock;
	bool seen = state < LOCK_STATES;
	uint64_t ns = seen ? last->ns[state] : last->not_seen_ns;
	struct lock_columns columns = lock_columns();
	double share = live__share(last, ns);
	int at = COLS - SHARE_COLUMNS - (columns.time ? TIME_COLUMNS : 0) -
		 (columns.whole ? SHARE_COLUMNS : 0);
	char time[32];

	print(row, 0, LABEL_COLUMNS, "%c %s", live_text__lock_letter(state),
	      seen ? ledger__lock_state((enum lock_state)state) : "not seen");
	dye(means, PAIR_LOCK + state);
	draw_bar(means, row, columns.bar, share, live_text__lock_letter(state));
	attrset(A_NORMAL);
	print(row, at, SHARE_COLUMNS, "%7.2f%%", share * 100);
	live_text__time(ns, time, sizeof(time));
	if (columns.time)
		print(row, at + SHARE_COLUMNS, TIME_COLUMNS, "%10s", time);
	if (columns.whole)
		print(row, at + SHARE_COLUMNS + TIME_COLUMNS, SHARE_COLUMNS, "%7.2f%%",
		      100 * live__share(whole, seen ? whole->ns[state] : whole->not_seen_ns));
}

/* Cells of several states in one row, each with its letter. */
static void draw_cells(const struct live_means *means, int row, int column, const uint8_t *cells,
		       int width, int first_pair, char (*letter)(int))
{
	move(row, column);
	for (int i = 0; i < width; i++) {
		if (cells[i] < LIVE_NOT_SEEN)
			dye(means, first_pair + cells[i]);
		else if (cells[i] == LIVE_NOT_SEEN)
			dye(means, PAIR_NOT_SEEN);
		addch((chtype)letter(cells[i]));
		attrset(A_NORMAL);
	}
}

/* A small screen: one bar of all states, and what the three groups come to. */
static void draw_lock_small(const struct live_means *means, int row, const struct live *live)
{
	const struct live_parts *parts = &live->last.lock;
	double held = 0, handoff = 0;
	int width = COLS < MAX_CELLS ? COLS : MAX_CELLS;
	uint8_t cells[MAX_CELLS];

	for (int state = HELD_RUNNING; state < HANDOFF_SIGNAL; state++)
		held += 100 * live__share(parts, parts->ns[state]);
	for (int state = HANDOFF_SIGNAL; state <= HANDOFF_TAKE; state++)
		handoff += 100 * live__share(parts, parts->ns[state]);
	live_text__bar(parts, LOCK_STATES, width, cells);
	draw_cells(means, row, 0, cells, width, PAIR_LOCK, live_text__lock_letter);
	print(row + 1, 0, COLS, "held %.1f%% hand-off %.1f%% idle %.1f%% unseen %.1f%%", held,
	      handoff, 100 * live__share(parts, parts->ns[FREE_IDLE]),
	      100 * live__share(parts, parts->not_seen_ns));
}

static void draw_lock(const struct live_means *means, const struct live_layout *layout,
		      const struct live *live)
{
	if (layout->lock_rows == 2)
		draw_lock_small(means, layout->lock_row, live);
	if (layout->lock_rows <= 2)
		return;
	draw_lock_heading(layout->lock_row, live);
	for (int state = 0; state <= LOCK_STATES; state++)
		draw_lock_row(means, layout->lock_row + 1 + state, state, live);
}

/* --- the threads ------------------------------------------------------------------- */

static void draw_heading(const struct live_view *view, int row, const int *width)
{
	static const char *const names[LIVE_COLUMNS] = {
		[LIVE_TID] = "tid", [LIVE_NAME] = "name", [LIVE_BAR] = "", [LIVE_CPU] = "cpu%",
		[LIVE_READY] = "rdy%", [LIVE_LOCK_WAIT] = "lck%", [LIVE_BLOCKED] = "blk%",
		[LIVE_UNSEEN] = "?%", [LIVE_SWITCHES] = "sw/s", [LIVE_HANDOFFS_IN] = "in/s",
	};
	static const enum live_column sorted[] = {
		[LIVE_BY_CPU] = LIVE_CPU, [LIVE_BY_READY] = LIVE_READY,
		[LIVE_BY_LOCK_WAIT] = LIVE_LOCK_WAIT, [LIVE_BY_BLOCKED] = LIVE_BLOCKED,
	};
	int at = 0;

	for (int column = 0; column < LIVE_COLUMNS; column++) {
		bool by = (int)sorted[view->sort] == column;
		char text[16];

		if (!width[column])
			continue;
		snprintf(text, sizeof(text), "%s%s", by ? "*" : "", names[column]);
		attrset(by ? A_BOLD | A_REVERSE : A_REVERSE);
		if (column == LIVE_NAME || column == LIVE_BAR)
			print(row, at, width[column], " %s", column == LIVE_BAR && view->totals
							     ? "all time" : text);
		else
			print(row, at, width[column], "%*s", width[column], text);
		at += width[column];
	}
	attrset(A_NORMAL);
}

static void draw_number(int row, int at, int width, enum live_column column,
			const struct live_thread *thread, uint64_t stretch_ns)
{
	const struct live_parts *parts = &thread->parts;
	uint64_t part = column == LIVE_UNSEEN ? parts->not_seen_ns
					      : parts->ns[(int)column - (int)LIVE_CPU];
	char rate[16];

	if (column < LIVE_SWITCHES) {
		print(row, at, width, "%*.1f", width, 100 * live__share(parts, part));
		return;
	}
	live_text__rate(live__rate(column == LIVE_SWITCHES ? thread->switches[VOLUNTARY] +
							     thread->switches[INVOLUNTARY]
							   : thread->handoffs_in, stretch_ns),
			rate, sizeof(rate));
	print(row, at, width, "%*s", width, rate);
}

static void draw_thread_bar(const struct live_means *means, int row, int at, int width,
			    const struct live_parts *parts)
{
	uint8_t cells[MAX_CELLS];

	if (width > MAX_CELLS)
		width = MAX_CELLS;
	live_text__bar(parts, THREAD_STATES, width, cells);
	draw_cells(means, row, at, cells, width, PAIR_THREAD, live_text__thread_letter);
}

_Static_assert(LIVE_READY - LIVE_CPU == THREAD_READY && LIVE_BLOCKED - LIVE_CPU == THREAD_BLOCKED,
	       "columns in the order of states");

static void draw_thread(const struct live_means *means, int row, const int *width,
			const struct live_thread *thread, uint64_t stretch_ns)
{
	int at = 0;

	for (int column = 0; column < LIVE_COLUMNS; at += width[column++]) {
		if (!width[column])
			continue;
		if (column == LIVE_TID)
			print(row, at, width[column], "%*u", width[column], thread->tid);
		else if (column == LIVE_NAME)
			print(row, at, width[column], " %s", thread->comm);
		else if (column == LIVE_BAR)
			draw_thread_bar(means, row, at + 1, width[column] - 1, &thread->parts);
		else
			draw_number(row, at, width[column], (enum live_column)column, thread,
				    stretch_ns);
	}
}

static void draw_threads(const struct live_means *means, const struct live_layout *layout,
			 const struct live_view *view, struct live *live)
{
	const struct live_stretch *stretch = live_view__threads(view, live);
	int width[LIVE_COLUMNS];

	live_view__columns(live->whole.has_lock, COLS, width);
	draw_heading(view, layout->head_row, width);
	for (int i = 0; i < layout->thread_rows; i++)
		if (view->offset + (size_t)i < stretch->nthreads)
			draw_thread(means, layout->thread_row + i, width,
				    &stretch->threads[view->offset + (size_t)i], stretch->ns);
}

/* What would make the result not valid, if it is known already; else what was put right. */
static void describe_state(const struct live *live, char *text, size_t size)
{
	char corrected[32];

	text[0] = '\0';
	live_text__time(live->last.lock.corrected_ns, corrected, sizeof(corrected));
	if (live->now.events_lost)
		snprintf(text, size, "  %s", live->now.reason);
	else if (live->last.lock.corrected_ns)
		snprintf(text, size, "  put right: %s", corrected);
}

static void draw_help(const struct live_layout *layout, const struct live_view *view,
		      struct live *live)
{
	size_t nthreads = live_view__threads(view, live)->nthreads;
	char state[LEDGER_REASON_SIZE + 8];
	int row = layout->help_row;

	if (layout->help_rows > 1) {
		put(row++, 0, COLS, "sort: c cpu  w lock wait  r ready  b blocked   t the whole "
		    "time   p pause");
		put(row++, 0, COLS, "arrows, Page keys: scroll   C cpu r ready W lock wait "
		    "- blocked ? not seen");
	}
	describe_state(live, state, sizeof(state));
	attrset(A_REVERSE);
	print(row, 0, COLS, " q quit  h help  p pause  %zu thread%s%s", nthreads,
	      nthreads == 1 ? "" : "s", state);
	attrset(A_NORMAL);
}

void live_draw__all(const struct live_means *means, const struct live_view *view,
		    struct live *live)
{
	struct live_layout layout = live_view__layout(view, live->whole.has_lock, LINES, COLS);

	erase();
	attrset(A_NORMAL);
	if (layout.too_small) {
		print(0, 0, COLS, "too small: needs %dx%d", LIVE_MIN_COLUMNS, LIVE_MIN_ROWS);
	} else {
		draw_title(view, live);
		draw_rates(live);
		draw_lock(means, &layout, live);
		draw_threads(means, &layout, view, live);
		draw_help(&layout, view, live);
	}
	refresh();
}
