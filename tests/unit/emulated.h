/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does this program run under the user-mode emulation of another machine (`make
 * check-arm64`)? Then other processes show the emulator and its memory, programs of that
 * machine cannot be executed, and some system calls are not what they are.
 */
#ifndef SWITCHTAX_TESTS_EMULATED_H
#define SWITCHTAX_TESTS_EMULATED_H

#include <stdbool.h>
#include <stdlib.h>

static inline bool emulated(void)
{
	return getenv("SWITCHTAX_EMULATED") != NULL;
}

#endif
