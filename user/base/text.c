// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes of a terminal's, and characters of UTF-8.
#include "base/text.h"

bool text__is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

void text__tame(char *text, char line_end)
{
	for (; *text; text++)
		if (text__is_control(*text))
			*text = *text == '\n' ? line_end : '?';
}

void text__to_ascii(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

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
