// SPDX-License-Identifier: GPL-2.0-or-later
// Characters of UTF-8, and those among them that are orders and not letters.
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

size_t text__utf8_length(const char *text, size_t left)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (length > left)
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static uint32_t code_of(const char *text, size_t length)
{
	const unsigned char *s = (const unsigned char *)text;
	uint32_t code = length == 1 ? s[0] : s[0] & (0xffU >> (length + 1));

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (s[i] & 0x3f);
	return code;
}

static bool is_order(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} orders[] = {
		{ 0, 0x1f }, { 0x7f, 0x9f },		/* control characters */
		{ 0x200e, 0x200f }, { 0x2028, 0x202e },	/* separators, directions */
		{ 0x2066, 0x2069 }, { 0xfeff, 0xfeff },	/* isolates, byte order mark */
	};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (code >= orders[i].first && code <= orders[i].last)
			return true;
	return false;
}

static void tame_character(char *text, size_t length, char line_end)
{
	if (*text == '\n')
		*text = line_end;
	else if (is_order(code_of(text, length)) && !(*text == '\t' && line_end == '\n'))
		memset(text, '?', length);
}

/* Could more bytes make a character of these, which are none? */
static bool is_begun(const char *text, size_t left)
{
	static const char *const ends[] = { "\x80\x80\x80", "\xbf\xbf\xbf" };
	char whole[6];

	if (left > 3)
		return false;
	memcpy(whole, text, left);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		memcpy(whole + left, ends[i], 3);
		if (text__utf8_length(whole, left + 3) > left)
			return true;
	}
	return false;
}

size_t text__tame_part(char *bytes, size_t size, char line_end)
{
	size_t at = 0;

	while (at < size) {
		size_t length = text__utf8_length(bytes + at, size - at);

		if (length)
			tame_character(bytes + at, length, line_end);
		else if (is_begun(bytes + at, size - at))
			break;
		else
			bytes[at] = '?';
		at += length ? length : 1;
	}
	return at;
}

void text__tame(char *text, char line_end)
{
	size_t size = strlen(text), done = text__tame_part(text, size, line_end);

	memset(text + done, '?', size - done);
}
