/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log - talk goes to stderr, one line a message, whatever is in it; stdout is for results. */
#ifndef SWITCHTAX_LOG_H
#define SWITCHTAX_LOG_H

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE };

/* What is printed from now on: errors always, warnings unless quiet, the rest if verbose. */
void log__set_level(enum log_level level);
enum log_level log__level(void);

void log__error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log__warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log__info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log__debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * From log__hold() on, keep what would go to a terminal, which something else draws on;
 * log__release() prints it.
 */
void log__hold(void);
void log__release(void);

#endif
