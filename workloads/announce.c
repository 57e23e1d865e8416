// SPDX-License-Identifier: GPL-2.0-or-later
// The probe site: a function that does nothing and stays where it is.
#include "announce.h"

/*
 * The asm keeps the call, its arguments and its order with respect to memory;
 * noinline and noclone keep it at one address (clang makes no clones of them).
 */
#ifdef __clang__
#define PROBE_SITE __attribute__((noinline, used))
#else
#define PROBE_SITE __attribute__((noinline, noclone, used))
#endif

PROBE_SITE void announce(enum announcement what, const void *about)
{
	__asm__ volatile("nop" : : "r"(what), "r"(about) : "memory");
}
