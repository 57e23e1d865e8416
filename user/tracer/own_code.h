/* SPDX-License-Identifier: GPL-2.0-or-later */
/* own_code - where this program's own functions lie in its file, for probes at them. */
#ifndef SWITCHTAX_OWN_CODE_H
#define SWITCHTAX_OWN_CODE_H

#include <stdbool.h>
#include <stdint.h>

#define OWN_CODE_FILE "/proc/self/exe"

/*
 * Offset in OWN_CODE_FILE of the function's first instruction, behind a landing pad. False:
 * /proc/self/maps does not say.
 */
bool own_code__offset(void (*function)(void), uint64_t *offset);

#endif
