/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * instructions - where in a function's first instructions a uprobe is cheap.
 *
 * A probed instruction that the kernel cannot emulate is single-stepped out of line, which
 * costs some 20 times as much on a virtual machine. x86-64 only.
 */
#ifndef SWITCHTAX_INSTRUCTIONS_H
#define SWITCHTAX_INSTRUCTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Enough of the code for instructions__cheap(). */
#define INSTRUCTIONS_LOOK 32

/*
 * Bytes from the start of the code to an instruction that the kernel emulates, stepping
 * only over such that leave %rsp, %rdi and memory alone, so that return address and first
 * argument are still there. 0 if there is none: the first is then to be stepped.
 */
size_t instructions__cheap(const unsigned char code[INSTRUCTIONS_LOOK]);

/* Does the kernel emulate the instruction? */
bool instructions__emulated(const unsigned char *code);

#endif
