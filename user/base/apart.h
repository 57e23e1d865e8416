/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apart - do something in a process of its own, and get its result.
 *
 * For reading files that others have made: what goes wrong there, by damage or by malice,
 * ends that process and not the measurement; and what memory it took is gone with it.
 */
#ifndef SWITCHTAX_APART_H
#define SWITCHTAX_APART_H

#include <stddef.h>

/*
 * Call work(arg, result) in a child that can write no file, gain no privilege, and use no
 * more than 10 s of CPU time and 2 GB; result, of size bytes, is then what it left there.
 * Returns 0, -EFAULT if the child has died, or -errno (result is unchanged).
 */
int apart__run(void (*work)(void *arg, void *result), void *arg, void *result, size_t size);

#endif
