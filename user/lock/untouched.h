/* SPDX-License-Identifier: GPL-2.0-or-later */
/* untouched - has a process been at its lock yet? Told by its memory. */
#ifndef SWITCHTAX_LOCK_UNTOUCHED_H
#define SWITCHTAX_LOCK_UNTOUCHED_H

#include <stdbool.h>
#include <sys/types.h>

#include "lock/site.h"

/*
 * True: no thread of it has run any of the functions that take the lock, since it has the program:
 * their file is not mapped, or not the pages on which they begin. False: some may have. To be
 * asked while it stands still.
 */
bool lock_untouched(pid_t pid, const struct lock_sites *sites);

#endif
