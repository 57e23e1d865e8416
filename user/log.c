// SPDX-License-Identifier: GPL-2.0-or-later
// One place that prints talk; a progress line on the terminal is cleared first.
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static enum log_level level = LOG_NORMAL;

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
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	fputs(prefix, stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
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
