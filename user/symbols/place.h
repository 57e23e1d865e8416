/* SPDX-License-Identifier: GPL-2.0-or-later */
/* place - what lies at an address of a process, in words: for data, such as a futex. */
#ifndef SWITCHTAX_PLACE_H
#define SWITCHTAX_PLACE_H

#include "symbols/modules.h"

/*
 * Name an address of the process: "symbol+0x10 (libfoo.so)" if a data symbol covers it,
 * else "libfoo.so+0x4010" (as the file's own addresses count), "[heap]", "[stack]" or
 * "[anon]". Returns 0, or -ENOENT if nothing was mapped there.
 */
int place__name(const struct modules *modules, uint64_t address, char *name, size_t size);

#endif
