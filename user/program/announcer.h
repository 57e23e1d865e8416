/* SPDX-License-Identifier: GPL-2.0-or-later */
/* announcer - is a program file one that announces its lock and its window to us? */
#ifndef SWITCHTAX_ANNOUNCER_H
#define SWITCHTAX_ANNOUNCER_H

#include <stdbool.h>

/* Not switchtax itself, which has the same function and announces nothing. */
bool announcer__is(const char *path);

#endif
