/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text - other people's words, made fit to be shown.
 *
 * Names of threads, paths, symbols, arguments and what is in a file of results may hold anything.
 * One rule for all of them: what a terminal, a browser or an editor would obey, and what is no
 * UTF-8, becomes '?', byte for byte, so that a text keeps its length and the rest of it. That is
 * control characters (C0, DEL, C1), line and paragraph separators, and what reorders the text
 * around it. analysis/folder.py has the same list.
 *
 * Words meet it where they come in (rows of CSV, environment.json, symbols, timelines) and again
 * where they go out, whoever forgot it before: streams.h has stdout and stderr, json.h JSON,
 * results/ what is put into a folder. What is opened by its path keeps it as it is.
 */
#ifndef SWITCHTAX_TEXT_H
#define SWITCHTAX_TEXT_H

#include <stddef.h>

/*
 * @line_end is what line ends become. If that is '\n' the text is one of ours in lines and
 * columns, and its tabs stay, too.
 */
void text__tame(char *text, char line_end);

/*
 * The same for @size bytes of a longer text. Returns how many are done with: up to 3 at the end
 * may be the beginning of a character, and are to be brought again with what follows.
 */
size_t text__tame_part(char *bytes, size_t size, char line_end);

/*
 * Bytes of the UTF-8 character at @s (at most @left), 0 if it is none: no overlong forms,
 * no surrogates, nothing above U+10FFFF (Unicode standard, table 3-7).
 */
size_t text__utf8_length(const char *s, size_t left);

#endif
