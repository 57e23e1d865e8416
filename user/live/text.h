/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live_text - the pieces of text that a live view is made of. Nothing in them drives a terminal,
 * whatever a thread calls itself.
 */
#ifndef SWITCHTAX_LIVE_TEXT_H
#define SWITCHTAX_LIVE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "live/live.h"

/* In a bar's cells, beside a state: time that is in no state; a bar of no time at all. */
#define LIVE_NOT_SEEN LOCK_STATES
#define LIVE_NOTHING (LOCK_STATES + 1)

/* The letter by which a state can be told without colour; also of LIVE_NOT_SEEN, ' ' else. */
char live_text__lock_letter(int state);
char live_text__thread_letter(int state);

/*
 * A stacked bar: the state of each of width cells, in the order of states, not seen last. A
 * state gets its share of the cells, rounded so that all together are width.
 */
void live_text__bar(const struct live_parts *parts, int nstates, int width, uint8_t *cells);

/*
 * As much of text as fits into so many columns: what is not printable in this locale, or has
 * no width, is a '?'. Returns the columns used.
 */
int live_text__fit(const char *text, int columns, char *out, size_t size);

/* "12.3 ms": three digits that count, and a unit from ns to h. */
void live_text__time(uint64_t ns, char *out, size_t size);

/* "0:07", "1:02:03" */
void live_text__clock(uint64_t ns, char *out, size_t size);

/* A number per second, "0.25", "193", "12.4k"; never more than six characters. */
void live_text__rate(double rate, char *out, size_t size);

#endif
