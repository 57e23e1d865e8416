// SPDX-License-Identifier: GPL-2.0-or-later
// Keys become choices, and a screen's size a layout.
#include "live/view.h"

/* Title, lock, rates; heading of the threads; the line of keys. */
#define TOP_ROWS 3
#define LOCK_ROWS_FULL (2 + LOCK_STATES)
#define LOCK_ROWS_BAR 2
#define HELP_ROWS 3

/* As many threads are to be seen before the lock gets a row for each state. */
#define THREADS_AT_LEAST 2
#define BAR_AT_LEAST 8

static size_t scrolled(size_t offset, long by, size_t page, size_t nthreads)
{
	size_t most = nthreads > page ? nthreads - page : 0;

	if (by < 0 && (size_t)-by > offset)
		return 0;
	offset += (size_t)by;
	return offset < most ? offset : most;
}

static void sort_by(struct live_view *view, enum live_sort sort)
{
	view->sort = sort;
	view->offset = 0;
}

void live_view__key(struct live_view *view, enum live_key key, size_t page, size_t nthreads)
{
	long by = 0;

	switch (key) {
	case LIVE_KEY_CPU: sort_by(view, LIVE_BY_CPU); break;
	case LIVE_KEY_READY: sort_by(view, LIVE_BY_READY); break;
	case LIVE_KEY_LOCK_WAIT: sort_by(view, LIVE_BY_LOCK_WAIT); break;
	case LIVE_KEY_BLOCKED: sort_by(view, LIVE_BY_BLOCKED); break;
	case LIVE_KEY_PAUSE: view->paused = !view->paused; break;
	case LIVE_KEY_TOTALS: view->totals = !view->totals; break;
	case LIVE_KEY_HELP: view->help = !view->help; break;
	case LIVE_KEY_QUIT: view->quit = true; break;
	case LIVE_KEY_UP: by = -1; break;
	case LIVE_KEY_DOWN: by = 1; break;
	case LIVE_KEY_PAGE_UP: by = -(long)page; break;
	case LIVE_KEY_PAGE_DOWN: by = (long)page; break;
	case LIVE_KEY_HOME: by = -(long)view->offset; break;
	case LIVE_KEY_END: by = (long)nthreads; break;
	default: break;
	}
	/* Also when threads have gone, or the screen has grown. */
	view->offset = scrolled(view->offset, by, page, nthreads);
}

struct live_layout live_view__layout(const struct live_view *view, bool has_lock, int rows,
				     int columns)
{
	struct live_layout layout = { .lock_row = TOP_ROWS };
	int left;

	if (rows < LIVE_MIN_ROWS || columns < LIVE_MIN_COLUMNS) {
		layout.too_small = true;
		return layout;
	}
	layout.help_rows = view->help ? HELP_ROWS : 1;
	layout.help_row = rows - layout.help_rows;
	left = layout.help_row - TOP_ROWS - 1;
	if (has_lock)
		layout.lock_rows = left >= LOCK_ROWS_FULL + THREADS_AT_LEAST ? LOCK_ROWS_FULL
									       : LOCK_ROWS_BAR;
	layout.head_row = TOP_ROWS + layout.lock_rows;
	layout.thread_row = layout.head_row + 1;
	layout.thread_rows = left - layout.lock_rows;
	return layout;
}

void live_view__columns(bool has_lock, int columns, int width[LIVE_COLUMNS])
{
	/* What may go, in this order, while the bar is too short. */
	static const enum live_column dispensable[] = {
		LIVE_UNSEEN, LIVE_HANDOFFS_IN, LIVE_SWITCHES, LIVE_BLOCKED, LIVE_READY,
	};
	static const int wanted[LIVE_COLUMNS] = {
		[LIVE_TID] = 8, [LIVE_NAME] = 16, [LIVE_CPU] = 6, [LIVE_READY] = 6,
		[LIVE_LOCK_WAIT] = 6, [LIVE_BLOCKED] = 6, [LIVE_UNSEEN] = 6,
		[LIVE_SWITCHES] = 7, [LIVE_HANDOFFS_IN] = 7,
	};
	int left = columns;

	for (int column = 0; column < LIVE_COLUMNS; column++) {
		width[column] = wanted[column];
		if (!has_lock && (column == LIVE_LOCK_WAIT || column == LIVE_HANDOFFS_IN))
			width[column] = 0;
		left -= width[column];
	}
	for (size_t i = 0; i < sizeof(dispensable) / sizeof(dispensable[0]); i++) {
		if (left >= BAR_AT_LEAST + 1)
			break;
		left += width[dispensable[i]];
		width[dispensable[i]] = 0;
	}
	/* A name is known by its beginning. */
	if (left < BAR_AT_LEAST + 1) {
		width[LIVE_NAME] -= BAR_AT_LEAST + 1 - left;
		left = BAR_AT_LEAST + 1;
	}
	width[LIVE_BAR] = left;
}
