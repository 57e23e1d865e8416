/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * streams - stdout and stderr, which nothing leaves that drives a terminal.
 *
 * Not only what is printed by us: the C library's words about options and libbpf's about programs
 * quote what they were given, too.
 */
#ifndef SWITCHTAX_STREAMS_H
#define SWITCHTAX_STREAMS_H

/* From here on, what is written to the two goes through text__tame(). Returns 0 or -ENOMEM. */
int streams__tame(void);

/* Empties the line that the terminal behind stderr is on; the one order that we give. */
void streams__clear_line(void);

#endif
