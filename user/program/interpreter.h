/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interpreter - why a program that is there may still not be found by exec(2).
 *
 * The kernel says ENOENT as well where what is missing is the file that the program names
 * to run it: a script's after "#!", or the dynamic loader of an ELF file (execve(2)).
 */
#ifndef SWITCHTAX_INTERPRETER_H
#define SWITCHTAX_INTERPRETER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * exec of path has ended with ENOENT: is it for want of its interpreter? Then say so in
 * why. False: there is no such file, or nobody may execute it.
 */
bool interpreter__is_missing(const char *path, char *why, size_t size);

#endif
