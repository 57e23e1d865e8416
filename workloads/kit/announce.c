// SPDX-License-Identifier: GPL-2.0-or-later
// The probe site: a function that does nothing and stays where it is.
#include "include/announce.h"

/*
 * Its first instruction is one that every kernel emulates in the probe's trap: on x86-64 a
 * nop, on arm64, where older kernels step nops, a branch. In assembly, since a compiler that
 * keeps frame pointers, or guards indirect branches, puts others before it.
 */
#if defined(__x86_64__)
#define SITE "nop\n\tret"
#elif defined(__aarch64__)
#define SITE "b 1f\n1:\tret"
#endif

#ifdef SITE
__asm__("	.pushsection .text\n"
	"	.balign 16\n"
	"	.globl " ANNOUNCE_SYMBOL "\n"
	"	.type " ANNOUNCE_SYMBOL ", %function\n"
	ANNOUNCE_SYMBOL ":\n"
	"	.cfi_startproc\n"
	"	" SITE "\n"
	"	.cfi_endproc\n"
	"	.size " ANNOUNCE_SYMBOL ", . - " ANNOUNCE_SYMBOL "\n"
	"	.popsection\n");
#else
/* The asm keeps the call, its arguments and its order with respect to memory. */
__attribute__((noinline, used)) void announce(enum announcement what, const void *about)
{
	__asm__ volatile("nop" : : "r"(what), "r"(about) : "memory");
}
#endif
