/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text - other people's words, made fit to be shown. */
#ifndef SWITCHTAX_TEXT_H
#define SWITCHTAX_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Does the byte drive a terminal, or end a line? */
bool text__is_control(char c);

/* Nothing is to drive a terminal: control bytes become '?', and line ends what @line_end is. */
void text__tame(char *text, char line_end);

/* All but printable ASCII becomes '?', byte for byte. */
void text__to_ascii(char *text);

/*
 * Bytes of the UTF-8 character at @s (at most @left), 0 if it is none: no overlong forms,
 * no surrogates, nothing above U+10FFFF (Unicode standard, table 3-7).
 */
size_t text__utf8_length(const char *s, size_t left);

#endif
