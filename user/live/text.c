// SPDX-License-Identifier: GPL-2.0-or-later
// Bars, numbers and names as text that fits.
#include "live/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

char live_text__lock_letter(int state)
{
	static const char letters[] = {
		[HELD_RUNNING] = 'R', [HELD_PREEMPTED_SELF] = 'P', [HELD_PREEMPTED_OTHER] = 'O',
		[HELD_BLOCKED] = 'B', [HELD_WAKING] = 'W', [HELD_THROTTLED] = 'T',
		[HANDOFF_SIGNAL] = 's', [HANDOFF_QUEUE] = 'q', [HANDOFF_QUEUE_SELF] = 'p',
		[HANDOFF_QUEUE_OTHER] = 'o', [HANDOFF_THROTTLED] = 'h', [HANDOFF_TAKE] = 't',
		[FREE_IDLE] = '-', [LIVE_NOT_SEEN] = '?',
	};

	return state >= 0 && state < (int)sizeof(letters) ? letters[state] : ' ';
}

char live_text__thread_letter(int state)
{
	static const char letters[] = {
		[THREAD_CPU] = 'C', [THREAD_READY] = 'r', [THREAD_LOCK_WAIT] = 'W',
		[THREAD_BLOCKED] = '-',
	};

	if (state == LIVE_NOT_SEEN)
		return '?';
	return state >= 0 && state < (int)sizeof(letters) ? letters[state] : ' ';
}

/* Where a part ends depends on all before it: so nothing is left over, and nothing too much. */
void live_text__bar(const struct live_parts *parts, int nstates, int width, uint8_t *cells)
{
	double end = 0;
	int at = 0;

	for (int state = 0; state < nstates; state++) {
		end += live__share(parts, parts->ns[state]);
		for (; at < width && at < (int)(end * width + 0.5); at++)
			cells[at] = (uint8_t)state;
	}
	for (; at < width; at++)
		cells[at] = parts->not_seen_ns || end > 0 ? LIVE_NOT_SEEN : LIVE_NOTHING;
}

/* One character as it may be shown; returns its width. */
static int presentable(const char *text, size_t length, char *shown, size_t *shown_length)
{
	wchar_t wide = 0;
	mbstate_t state = { 0 };
	int width = -1;

	if (length <= MB_LEN_MAX && mbrtowc(&wide, text, length, &state) == length &&
	    iswprint((wint_t)wide))
		width = wcwidth(wide);
	if (width > 0) {
		memcpy(shown, text, length);
		*shown_length = length;
		return width;
	}
	*shown = '?';
	*shown_length = 1;
	return 1;
}

/* Bytes of the character that text begins with; 1 if it is none. */
static size_t character_length(const char *text)
{
	mbstate_t state = { 0 };
	size_t length = mbrlen(text, strlen(text), &state);

	return length == 0 || length > MB_LEN_MAX ? 1 : length;
}

int live_text__fit(const char *text, int columns, char *out, size_t size)
{
	size_t used = 0;
	int column = 0;

	while (*text) {
		char shown[MB_LEN_MAX];
		size_t length = character_length(text), shown_length;
		int width = presentable(text, length, shown, &shown_length);

		if (column + width > columns || used + shown_length >= size)
			break;
		memcpy(out + used, shown, shown_length);
		used += shown_length;
		column += width;
		text += length;
	}
	out[used] = '\0';
	return column;
}

/* Three digits that count, as far as there are that many behind the point. */
static int decimals(double value)
{
	return value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
}

void live_text__time(uint64_t ns, char *out, size_t size)
{
	static const struct {
		double ns;
		const char *name;
	} units[] = { { 1e3, "us" }, { 1e6, "ms" }, { 1e9, "s" }, { 60e9, "min" },
		      { 3600e9, "h" } };
	size_t unit = 0;

	if (ns < 1000) {
		snprintf(out, size, "%u ns", (unsigned int)ns);
		return;
	}
	/* 999.6 us would be printed as 1000. */
	while (unit + 1 < sizeof(units) / sizeof(units[0]) &&
	       (double)ns >= units[unit + 1].ns * 0.9995)
		unit++;
	snprintf(out, size, "%.*f %s", decimals((double)ns / units[unit].ns),
		 (double)ns / units[unit].ns, units[unit].name);
}

void live_text__clock(uint64_t ns, char *out, size_t size)
{
	unsigned long seconds = (unsigned long)(ns / 1000000000), minutes = seconds / 60;

	if (minutes < 60)
		snprintf(out, size, "%lu:%02lu", minutes, seconds % 60);
	else
		snprintf(out, size, "%lu:%02lu:%02lu", minutes / 60, minutes % 60, seconds % 60);
}

void live_text__rate(double rate, char *out, size_t size)
{
	static const char units[] = { '\0', 'k', 'M', 'G', 'T' };
	size_t unit = 0;

	while (rate >= 9999.5 && unit + 1 < sizeof(units)) {
		rate /= 1000;
		unit++;
	}
	snprintf(out, size, "%.*f%.1s", rate == 0 ? 0 : decimals(rate), rate, &units[unit]);
}
