/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow - how long an instruction is, and where the machine goes on after it.
 *
 * Of x86-64 and arm64, as far as compilers make code of them: enough to read a function from its
 * first instruction to its last.
 */
#ifndef SWITCHTAX_FLOW_H
#define SWITCHTAX_FLOW_H

#include <stddef.h>
#include <stdint.h>

/* No instruction is longer. */
#define FLOW_LONGEST 15

enum flow_kind {
	FLOW_ON,		/* to the next one; a call comes back */
	FLOW_RETURN,
	FLOW_BRANCH,		/* to the target, or to the next one */
	FLOW_JUMP,		/* to the target */
	FLOW_AWAY,		/* to where a register or a word in memory says */
};

struct flow {
	size_t length;		/* in bytes; 0: not decoded */
	enum flow_kind kind;
	uint64_t target;
};

/* The instruction at code, which lies at address; the machine is e_machine of its file. */
struct flow flow__of(unsigned int machine, const unsigned char code[FLOW_LONGEST],
		     uint64_t address);

#endif
