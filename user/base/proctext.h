/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proctext - the small texts of /proc and /sys, read strictly: nothing is guessed. */
#ifndef SWITCHTAX_PROCTEXT_H
#define SWITCHTAX_PROCTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCTEXT_UNKNOWN UINT64_MAX

/* Decimal digits only: no blank, no sign. False, and nothing moved, if none or too large. */
bool proctext__take_number(const char **text, uint64_t *value);

/* What follows blanks and tabs. */
const char *proctext__skip_blanks(const char *text);

/* What follows @prefix at the start of a line, or NULL. */
const char *proctext__after_line_start(const char *text, const char *prefix);

/* Copy @len bytes, cut to fit. */
void proctext__copy(char *field, size_t size, const char *text, size_t len);

/* The first line without blanks around it. */
void proctext__copy_line(char *field, size_t size, const char *text);

/* Is the word one of a list with commas? */
bool proctext__list_holds(const char *list, const char *word);

/* All of a text file, to be freed; NULL if it cannot be read. */
char *proctext__read(const char *path);

/* The first line of a file; "" if it cannot be read. */
void proctext__read_line(const char *path, char *field, size_t size);

/* The number a file holds; PROCTEXT_UNKNOWN if there is none. */
uint64_t proctext__read_number(const char *path);

/* The same for DIR/NAME; "max" and the like are PROCTEXT_UNKNOWN. */
char *proctext__read_in(const char *dir, const char *name);
uint64_t proctext__number_in(const char *dir, const char *name);

/* The same for /proc/PID/NAME, of a process or a thread. */
char *proctext__read_of(pid_t pid, const char *name);

/* What a process or a thread calls itself, whatever is in it. Nothing is done if it is gone. */
void proctext__comm(pid_t pid, char *comm, size_t size);

/* The state letter of its stat; 0: it is gone. */
char proctext__state(pid_t pid);

/* Does /proc show other processes under our numbers, being of another PID namespace than ours? */
bool proctext__is_foreign(void);

/*
 * A thread under which the kernel shows a process's files and memory: its leader, or another one
 * if that has ended by itself and left a zombie in front of a process that runs on.
 */
pid_t proctext__living(pid_t pid);

#endif
