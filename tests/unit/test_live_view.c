// SPDX-License-Identifier: GPL-2.0-or-later
// What a live view is made of fits: bars, names, numbers, rows and columns.
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/live/text.h"
#include "../../user/live/view.h"
#include "skip_for.h"

static int count(const uint8_t *cells, int width, int state)
{
	int n = 0;

	for (int i = 0; i < width; i++)
		n += cells[i] == state;
	return n;
}

static void a_bar_has_room_for_each_share(void **state)
{
	struct live_parts parts = { .not_seen_ns = 10 };
	uint8_t cells[100];

	(void)state;
	parts.ns[THREAD_CPU] = 50;
	parts.ns[THREAD_READY] = 25;
	parts.ns[THREAD_BLOCKED] = 15;
	live_text__bar(&parts, THREAD_STATES, 100, cells);
	assert_int_equal(count(cells, 100, THREAD_CPU), 50);
	assert_int_equal(count(cells, 100, THREAD_READY), 25);
	assert_int_equal(count(cells, 100, THREAD_LOCK_WAIT), 0);
	assert_int_equal(count(cells, 100, THREAD_BLOCKED), 15);
	assert_int_equal(count(cells, 100, LIVE_NOT_SEEN), 10);
	/* In the order of states. */
	for (int i = 1; i < 100; i++)
		assert_true(cells[i] >= cells[i - 1]);
}

/* Any width, also one that the shares do not divide: within a cell, and nothing left over. */
static void a_bar_is_full_at_any_width(void **state)
{
	struct live_parts parts = { { 3, 3, 3, 1, 1, 1, 1, 1 }, 0, 0 };
	uint8_t cells[64];

	(void)state;
	for (int width = 1; width <= 64; width++) {
		live_text__bar(&parts, LOCK_STATES, width, cells);
		assert_int_equal(count(cells, width, LIVE_NOT_SEEN), 0);
		for (int i = 0; i < LOCK_STATES; i++)
			assert_true(count(cells, width, i) * 14 <= (int)parts.ns[i] * width + 14 &&
				    count(cells, width, i) * 14 + 14 >= (int)parts.ns[i] * width);
	}
	memset(&parts, 0, sizeof(parts));
	live_text__bar(&parts, LOCK_STATES, 64, cells);
	assert_int_equal(count(cells, 64, LIVE_NOTHING), 64);
}

static void each_state_has_a_letter_of_its_own(void **state)
{
	char seen[256] = "";

	(void)state;
	for (int i = 0; i <= LIVE_NOT_SEEN; i++) {
		char letter[2] = { live_text__lock_letter(i), '\0' };

		assert_true(letter[0] > ' ' && !strstr(seen, letter));
		strcat(seen, letter);
	}
	seen[0] = '\0';
	for (int i = 0; i <= THREAD_STATES; i++) {
		char letter[2] = { live_text__thread_letter(i < THREAD_STATES ? i : LIVE_NOT_SEEN),
				   '\0' };

		assert_true(letter[0] > ' ' && !strstr(seen, letter));
		strcat(seen, letter);
	}
	assert_int_equal(live_text__lock_letter(LIVE_NOTHING), ' ');
	assert_int_equal(live_text__thread_letter(LIVE_NOTHING), ' ');
}

static void assert_fits(const char *text, int columns, const char *want, int used)
{
	char out[64];

	assert_int_equal(live_text__fit(text, columns, out, sizeof(out)), used);
	assert_string_equal(out, want);
}

static void names_cannot_drive_a_terminal(void **state)
{
	(void)state;
	setlocale(LC_CTYPE, "C");
	assert_fits("python3", 20, "python3", 7);
	assert_fits("python3", 4, "pyth", 4);
	assert_fits("a\033[2Jb\n\r\t\177", 20, "a?[2Jb????", 10);
	assert_fits("caf\xc3\xa9", 20, "caf??", 5);
	assert_fits("\x9b" "2J", 20, "?2J", 3);
	assert_fits("", 20, "", 0);
	assert_fits("x", 0, "", 0);
}

static void names_in_utf8(void **state)
{
	(void)state;
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		skip_for("no locale C.UTF-8");
	assert_fits("caf\xc3\xa9", 20, "caf\xc3\xa9", 4);
	/* Wide: two columns, and none of a half. */
	assert_fits("\xed\x95\x9c\xea\xb8\x80", 4, "\xed\x95\x9c\xea\xb8\x80", 4);
	assert_fits("\xed\x95\x9c\xea\xb8\x80", 3, "\xed\x95\x9c", 2);
	/* Cut off in the middle, no UTF-8 at all, a control of C1, a mark that turns text. */
	assert_fits("a\xed\x95", 20, "a??", 3);
	assert_fits("\xff\xfe" "a", 20, "??a", 3);
	assert_fits("\xc2\x9b" "2J", 20, "?2J", 3);
	assert_fits("\xe2\x80\xae" "abc", 20, "?abc", 4);
	setlocale(LC_CTYPE, "C");
}

static void text_that_does_not_fit_its_buffer_is_cut(void **state)
{
	char out[4];

	(void)state;
	assert_int_equal(live_text__fit("abcdef", 6, out, sizeof(out)), 3);
	assert_string_equal(out, "abc");
}

static void assert_time(uint64_t ns, const char *want)
{
	char text[32];

	live_text__time(ns, text, sizeof(text));
	assert_string_equal(text, want);
}

static void times_have_three_digits_and_a_unit(void **state)
{
	(void)state;
	assert_time(0, "0 ns");
	assert_time(999, "999 ns");
	assert_time(1000, "1.00 us");
	assert_time(12345, "12.3 us");
	assert_time(999600, "1.00 ms");
	assert_time(621300000, "621 ms");
	assert_time(9996000000, "10.0 s");
	assert_time(90000000000, "1.50 min");
	assert_time(7200000000000, "2.00 h");
	assert_time(360000000000000000, "100000 h");
}

static void assert_clock(uint64_t seconds, const char *want)
{
	char text[32];

	live_text__clock(seconds * 1000000000, text, sizeof(text));
	assert_string_equal(text, want);
}

static void clocks(void **state)
{
	(void)state;
	assert_clock(7, "0:07");
	assert_clock(754, "12:34");
	assert_clock(3723, "1:02:03");
	assert_clock(360000, "100:00:00");
}

static void assert_rate(double rate, const char *want)
{
	char text[16];

	live_text__rate(rate, text, sizeof(text));
	assert_string_equal(text, want);
}

static void rates_are_short(void **state)
{
	(void)state;
	assert_rate(0, "0");
	assert_rate(0.25, "0.25");
	assert_rate(12.34, "12.3");
	assert_rate(193.4, "193");
	assert_rate(9999, "9999");
	assert_rate(12345, "12.3k");
	assert_rate(2500000, "2500k");
	assert_rate(12500000, "12.5M");
}

/* Everything has its place, nothing overlaps, and the last row is the screen's. */
static void a_layout_fills_any_screen(void **state)
{
	(void)state;
	for (int rows = 1; rows < 80; rows++)
		for (int what = 0; what < 4; what++) {
			struct live_view view = { .help = what & 1 };
			struct live_layout layout = live_view__layout(&view, what & 2, rows, 80);

			assert_int_equal(layout.too_small, rows < LIVE_MIN_ROWS);
			if (layout.too_small)
				continue;
			assert_int_equal(layout.lock_row, 3);
			assert_int_equal(layout.head_row, layout.lock_row + layout.lock_rows);
			assert_int_equal(layout.thread_row, layout.head_row + 1);
			assert_int_equal(layout.help_row, layout.thread_row + layout.thread_rows);
			assert_int_equal(layout.help_row + layout.help_rows, rows);
			assert_true(layout.thread_rows >= 1);
			assert_int_equal(layout.lock_rows > 0, (what & 2) != 0);
		}
	assert_true(live_view__layout(&(struct live_view){ .help = false }, true, 24, 39)
			    .too_small);
	assert_int_equal(live_view__layout(&(struct live_view){ .help = true }, true, 24, 80)
				 .lock_rows, LOCK_STATES + 2);
}

static void columns_fit_any_screen(void **state)
{
	int width[LIVE_COLUMNS];

	(void)state;
	for (int columns = LIVE_MIN_COLUMNS; columns < 300; columns++)
		for (int has_lock = 0; has_lock < 2; has_lock++) {
			int sum = 0;

			live_view__columns(has_lock, columns, width);
			for (int i = 0; i < LIVE_COLUMNS; i++)
				sum += width[i];
			assert_int_equal(sum, columns);
			assert_true(width[LIVE_BAR] > 8 && width[LIVE_TID] && width[LIVE_CPU]);
			assert_true(width[LIVE_NAME] >= 8);
			assert_int_equal(width[LIVE_LOCK_WAIT] > 0, has_lock);
		}
	live_view__columns(true, 80, width);
	for (int i = 0; i < LIVE_COLUMNS; i++)
		assert_true(width[i] > 0);
}

static void keys_choose(void **state)
{
	struct live_view view = { .sort = LIVE_BY_CPU };

	(void)state;
	live_view__key(&view, LIVE_KEY_DOWN, 5, 20);
	live_view__key(&view, LIVE_KEY_DOWN, 5, 20);
	assert_int_equal(view.offset, 2);
	live_view__key(&view, LIVE_KEY_LOCK_WAIT, 5, 20);
	assert_int_equal(view.sort, LIVE_BY_LOCK_WAIT);
	assert_int_equal(view.offset, 0);
	live_view__key(&view, LIVE_KEY_PAUSE, 5, 20);
	assert_true(view.paused);
	live_view__key(&view, LIVE_KEY_PAUSE, 5, 20);
	assert_false(view.paused);
	live_view__key(&view, LIVE_KEY_HELP, 5, 20);
	assert_true(view.help);
	live_view__key(&view, LIVE_KEY_TOTALS, 5, 20);
	assert_true(view.totals);
	live_view__key(&view, LIVE_KEY_OTHER, 5, 20);
	assert_false(view.quit);
	live_view__key(&view, LIVE_KEY_QUIT, 5, 20);
	assert_true(view.quit);
}

static void scrolling_stays_inside(void **state)
{
	struct live_view view = { .offset = 0 };

	(void)state;
	live_view__key(&view, LIVE_KEY_UP, 5, 20);
	assert_int_equal(view.offset, 0);
	live_view__key(&view, LIVE_KEY_PAGE_DOWN, 5, 20);
	assert_int_equal(view.offset, 5);
	live_view__key(&view, LIVE_KEY_END, 5, 20);
	assert_int_equal(view.offset, 15);
	live_view__key(&view, LIVE_KEY_DOWN, 5, 20);
	assert_int_equal(view.offset, 15);
	live_view__key(&view, LIVE_KEY_PAGE_UP, 5, 20);
	assert_int_equal(view.offset, 10);
	/* Threads have ended, the screen has grown. */
	live_view__key(&view, LIVE_KEY_NONE, 5, 12);
	assert_int_equal(view.offset, 7);
	live_view__key(&view, LIVE_KEY_NONE, 30, 12);
	assert_int_equal(view.offset, 0);
	live_view__key(&view, LIVE_KEY_HOME, 5, 20);
	assert_int_equal(view.offset, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bar_has_room_for_each_share),
		cmocka_unit_test(a_bar_is_full_at_any_width),
		cmocka_unit_test(each_state_has_a_letter_of_its_own),
		cmocka_unit_test(names_cannot_drive_a_terminal),
		cmocka_unit_test(names_in_utf8),
		cmocka_unit_test(text_that_does_not_fit_its_buffer_is_cut),
		cmocka_unit_test(times_have_three_digits_and_a_unit),
		cmocka_unit_test(clocks),
		cmocka_unit_test(rates_are_short),
		cmocka_unit_test(a_layout_fills_any_screen),
		cmocka_unit_test(columns_fit_any_screen),
		cmocka_unit_test(keys_choose),
		cmocka_unit_test(scrolling_stays_inside),
	};

	return cmocka_run_group_tests_name("live_view", tests, NULL, NULL);
}
