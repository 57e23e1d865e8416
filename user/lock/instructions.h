/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * instructions - where in a function's first instructions a uprobe is cheap.
 *
 * A probed instruction that the kernel cannot emulate is single-stepped out of line: two more
 * traps, which cost some 20 times as much on an x86-64 virtual machine. x86-64 and arm64; of
 * any other machine (e_machine of its ELF files) nothing is said.
 */
#ifndef SWITCHTAX_INSTRUCTIONS_H
#define SWITCHTAX_INSTRUCTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Enough of the code for instructions__cheap(). */
#define INSTRUCTIONS_LOOK 32

/*
 * Bytes from the start of the code to an instruction that the kernel emulates, stepping
 * only over such that leave the return address, the stack, the first argument and memory
 * alone. If there is none: to the first, which is then to be stepped (on x86-64 the one behind an
 * endbr64, and behind nops, unless the kernel refuses that one).
 *
 * Never to a nop of several bytes, though kernels emulate it: from about 6.18 on they make a call of
 * one of 5 bytes that is probed. A call writes below the stack pointer, where code that calls nobody
 * may keep what it needs (the red zone); and what it calls is not there in a child that the process
 * forks, which dies of SIGSEGV unless the child is probed, too, before it comes there.
 */
size_t instructions__cheap(unsigned int machine, const unsigned char code[INSTRUCTIONS_LOOK]);

/* Does the kernel emulate the instruction? True of an unknown machine. */
bool instructions__emulated(unsigned int machine, const unsigned char *code);

/*
 * Does the kernel put no probe on the instruction? It says so at once of a file that a process has
 * mapped, and never of one that is mapped later: then the probe is just not there. Known are the
 * instructions that a lock's function may begin with, as lock decl or ldaxr. False of an unknown
 * machine.
 */
bool instructions__refused(unsigned int machine, const unsigned char *code);

/* Bytes of what only allows indirect branches to come here: endbr64, bti; else 0. */
size_t instructions__landing(unsigned int machine, const unsigned char *code);

#endif
