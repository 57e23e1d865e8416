// SPDX-License-Identifier: GPL-2.0-or-later
// A few x86-64 instructions, decoded for sure or not at all.
#include "instructions.h"

#include <string.h>

#define RSP 4
#define RDI 7

/* No longer than this looks ahead: the longest instruction below has 7 bytes. */
#define LONGEST 7

/*
 * push_setup_xol_ops() and branch_setup_xol_ops() in arch/x86/kernel/uprobes.c. Nops of
 * several bytes are among them since about 6.17; earlier kernels step them.
 */
bool instructions__emulated(const unsigned char *code)
{
	if (code[0] == 0x41)					/* push %r8 to %r15 */
		return code[1] >= 0x50 && code[1] <= 0x57;
	if (code[0] == 0x0f)					/* nop, jcc rel32 */
		return code[1] == 0x1f || (code[1] >= 0x80 && code[1] <= 0x8f);
	if (code[0] == 0x66)
		return code[1] == 0x90 || (code[1] == 0x0f && code[2] == 0x1f);
	return (code[0] >= 0x50 && code[0] <= 0x57) ||		/* push */
	       (code[0] >= 0x70 && code[0] <= 0x7f) ||		/* jcc rel8 */
	       code[0] == 0x90 || code[0] == 0xe8 ||		/* nop, call */
	       code[0] == 0xe9 || code[0] == 0xeb;		/* jmp */
}

/*
 * The length of an instruction that may be stepped over, or 0: mov from %rip-relative
 * memory, and mov, test and xor between registers (Intel SDM, volume 2, appendix B).
 */
static size_t harmless(const unsigned char *code)
{
	size_t rex = code[0] >= 0x40 && code[0] <= 0x4f;
	unsigned char prefix = rex ? code[0] : 0, op = code[rex], modrm = code[rex + 1];
	unsigned int reg = (modrm >> 3 & 7) | (prefix & 4 ? 8 : 0);
	unsigned int rm = (modrm & 7) | (prefix & 1 ? 8 : 0);
	bool registers = modrm >= 0xc0;

	if (op == 0x8b && (modrm & 0xc7) == 0x05)
		return reg == RSP || reg == RDI ? 0 : rex + 6;
	if (op == 0x85 && registers)
		return rex + 2;
	if ((op == 0x89 || op == 0x31) && registers)
		return rm == RSP || rm == RDI ? 0 : rex + 2;
	return 0;
}

size_t instructions__cheap(const unsigned char code[INSTRUCTIONS_LOOK])
{
	static const unsigned char endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	size_t first = memcmp(code, endbr64, sizeof(endbr64)) == 0 ? sizeof(endbr64) : 0;

	for (size_t at = first; at + LONGEST < INSTRUCTIONS_LOOK;) {
		size_t length = harmless(code + at);

		if (instructions__emulated(code + at))
			return at;
		if (!length)
			break;
		at += length;
	}
	return first;
}
