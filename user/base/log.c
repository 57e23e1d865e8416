// SPDX-License-Identifier: GPL-2.0-or-later
// One place that prints talk; a progress line on the terminal is cleared first.
#define _GNU_SOURCE 1
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/streams.h"
#include "base/text.h"

/* Of lines that are held back: a program watched for days may give rise to many. */
#define HELD_MAX (1 << 20)

static enum log_level level = LOG_NORMAL;
static FILE *held;
static char *held_text;
static size_t held_size;
static unsigned long not_held;

void log__set_level(enum log_level new_level)
{
	level = new_level;
}

enum log_level log__level(void)
{
	return level;
}

static void print(const char *prefix, const char *format, va_list args)
{
	FILE *out = held ? held : stderr;
	char *text;

	if (held && ftell(held) > HELD_MAX) {
		not_held++;
		return;
	}
	if (!held && isatty(STDERR_FILENO))
		streams__clear_line();
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	if (text)
		text__tame(text, ' ');
	fprintf(out, "%s%s\n", prefix, text ? text : "no memory for a message");
	free(text);
}

void log__hold(void)
{
	if (!held && isatty(STDERR_FILENO))
		held = open_memstream(&held_text, &held_size);
}

void log__release(void)
{
	if (!held)
		return;
	fclose(held);
	held = NULL;
	fwrite(held_text, 1, held_size, stderr);
	free(held_text);
	if (not_held)
		fprintf(stderr, "switchtax: %lu lines more, which were too many to keep\n",
			not_held);
	not_held = 0;
}

#define LOG_BODY(prefix, least)			\
	do {					\
		va_list args;			\
						\
		if (level < (least))		\
			return;			\
		va_start(args, format);		\
		print(prefix, format, args);	\
		va_end(args);			\
	} while (0)

void log__error(const char *format, ...)
{
	LOG_BODY("switchtax: ", LOG_QUIET);
}

void log__warn(const char *format, ...)
{
	LOG_BODY("switchtax: warning: ", LOG_NORMAL);
}

void log__info(const char *format, ...)
{
	LOG_BODY("switchtax: ", LOG_NORMAL);
}

void log__debug(const char *format, ...)
{
	LOG_BODY("switchtax: ", LOG_VERBOSE);
}
