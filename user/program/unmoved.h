/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unmoved - is a process where it was made, or where its exec left it?
 */
#ifndef SWITCHTAX_UNMOVED_H
#define SWITCHTAX_UNMOVED_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Of one that stands still, traced by the calling thread: has its first thread executed no instruction
 * yet, since it was forked or since it executed its program? Told by its registers, which are still those
 * of that call on its way back. False if unknown.
 */
bool unmoved(pid_t pid);

#endif
