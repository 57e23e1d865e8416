// SPDX-License-Identifier: GPL-2.0-or-later
// A few instructions of x86-64 and arm64, decoded for sure or not at all.
#include "lock/instructions.h"

#include <elf.h>
#include <stdint.h>
#include <string.h>

/* --- x86-64 ---------------------------------------------------------------------- */

#define RSP 4
#define RDI 7

/* More than these begin no instruction that a compiler writes. */
#define MOST_PREFIXES 4

/* No longer than this looks ahead: the longest instruction below has 10 bytes. */
#define LONGEST 10

/* push_setup_xol_ops() and branch_setup_xol_ops() in arch/x86/kernel/uprobes.c; no long nops. */
static bool x86_emulated(const unsigned char *code)
{
	if (code[0] == 0x41)					/* push %r8 to %r15 */
		return code[1] >= 0x50 && code[1] <= 0x57;
	if (code[0] == 0x0f)					/* jcc rel32 */
		return code[1] >= 0x80 && code[1] <= 0x8f;
	if (code[0] == 0x66)
		return code[1] == 0x90;
	return (code[0] >= 0x50 && code[0] <= 0x57) ||		/* push */
	       (code[0] >= 0x70 && code[0] <= 0x7f) ||		/* jcc rel8 */
	       code[0] == 0x90 || code[0] == 0xe8 ||		/* nop, call */
	       code[0] == 0xe9 || code[0] == 0xeb;		/* jmp */
}

/* The length of an operand in memory: ModRM, SIB and displacement; 0: not decoded. */
static size_t x86_memory(const unsigned char *modrm)
{
	unsigned int mod = *modrm >> 6, rm = *modrm & 7;
	size_t sib = rm == 4;

	switch (mod) {
	case 0:
		if (rm == 5)			/* beside the code */
			return 5;
		return sib && (modrm[1] & 7) == 5 ? 0 : 1 + sib;
	case 1: return 2 + sib;
	case 2: return 5 + sib;
	default: return 0;
	}
}

/* The length of a nop of several bytes, or 0 (Intel SDM, volume 2, NOP: the recommended ones). */
static size_t x86_long_nop(const unsigned char *code)
{
	size_t prefixes = code[0] == 0x66 ? 1 + (code[1] == 0x2e) : 0;
	size_t memory;

	if (code[prefixes] != 0x0f || code[prefixes + 1] != 0x1f)
		return 0;
	memory = x86_memory(code + prefixes + 2);
	return memory ? prefixes + 2 + memory : 0;
}

/*
 * The length of an instruction that may be stepped over, or 0: mov and lea from memory, cmp of
 * memory with a byte, mov, test and xor between registers, and long nops (Intel SDM, volume 2,
 * appendix B).
 */
static size_t x86_harmless(const unsigned char *code)
{
	size_t rex = code[0] >= 0x40 && code[0] <= 0x4f;
	unsigned char prefix = rex ? code[0] : 0, op = code[rex], modrm = code[rex + 1];
	unsigned int reg = (modrm >> 3 & 7) | (prefix & 4 ? 8 : 0);
	unsigned int rm = (modrm & 7) | (prefix & 1 ? 8 : 0);
	bool registers = modrm >= 0xc0;
	size_t memory = x86_memory(code + rex + 1), nop = x86_long_nop(code);

	if (nop)
		return nop;
	if ((op == 0x8b || op == 0x8d) && memory)
		return reg == RSP || reg == RDI ? 0 : rex + 1 + memory;
	if (op == 0x83 && (modrm & 0x38) == 0x38 && memory)
		return rex + 1 + memory + 1;
	if (op == 0x85 && registers)
		return rex + 2;
	if ((op == 0x89 || op == 0x31) && registers)
		return rm == RSP || rm == RDI ? 0 : rex + 2;
	return 0;
}

/*
 * is_prefix_bad() in arch/x86/kernel/uprobes.c: LOCK, and the segments that 64-bit code ignores
 * (compilers write one before some jumps and nops).
 */
static bool x86_refused(const unsigned char *code)
{
	static const unsigned char refused[] = { 0xf0, 0x26, 0x2e, 0x36, 0x3e };
	static const unsigned char prefixes[] = { 0xf2, 0xf3, 0x64, 0x65, 0x66, 0x67 };

	for (size_t at = 0; at < MOST_PREFIXES; at++) {
		if (memchr(refused, code[at], sizeof(refused)))
			return true;
		if (!memchr(prefixes, code[at], sizeof(prefixes)))
			return false;
	}
	return false;
}

/* --- arm64 ----------------------------------------------------------------------- */

static uint32_t word_at(const unsigned char *code)
{
	return (uint32_t)code[0] | (uint32_t)code[1] << 8 | (uint32_t)code[2] << 16 |
	       (uint32_t)code[3] << 24;
}

/*
 * What depends on where it stands cannot run elsewhere, so arm_probe_decode_insn() in
 * arch/arm64/kernel/probes/decode-insn.c simulates it, in every kernel that has uprobes
 * there. Not counted: nop, which older kernels step; and loads from beside the code, which
 * newer ones refuse to probe.
 */
static bool arm64_emulated(uint32_t word)
{
	return (word & 0x7c000000) == 0x14000000 ||		/* b, bl */
	       (word & 0xff000010) == 0x54000000 ||		/* b.cond */
	       (word & 0x7c000000) == 0x34000000 ||		/* cbz, cbnz, tbz, tbnz */
	       (word & 0x1f000000) == 0x10000000 ||		/* adr, adrp */
	       (word & 0xff9ffc1f) == 0xd61f0000;		/* br, blr, ret */
}

/* mov between registers, but into x0, the first argument, and x30, the return address. */
static bool arm64_harmless(uint32_t word)
{
	uint32_t to = word & 31;

	return (word & 0x7fe0ffe0) == 0x2a0003e0 && to != 0 && to != 30;
}

/*
 * arm_probe_decode_insn() again: loads and stores that are exclusive, which a trap in between
 * would break, calls of the kernel and the like, and writing a register of the system.
 */
static bool arm64_refused(uint32_t word)
{
	return (word & 0x3f800000) == 0x08000000 ||		/* ldxr, ldaxr, stxr, casp */
	       (word & 0xff000000) == 0xd4000000 ||		/* svc, brk, hlt */
	       (word & 0xfff00000) == 0xd5100000;		/* msr */
}

/* --- either ---------------------------------------------------------------------- */

bool instructions__emulated(unsigned int machine, const unsigned char *code)
{
	switch (machine) {
	case EM_X86_64: return x86_emulated(code);
	case EM_AARCH64: return arm64_emulated(word_at(code));
	default: return true;
	}
}

bool instructions__refused(unsigned int machine, const unsigned char *code)
{
	switch (machine) {
	case EM_X86_64: return x86_refused(code);
	case EM_AARCH64: return arm64_refused(word_at(code));
	default: return false;
	}
}

size_t instructions__landing(unsigned int machine, const unsigned char *code)
{
	static const unsigned char endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };

	if (machine == EM_X86_64)
		return memcmp(code, endbr64, sizeof(endbr64)) == 0 ? sizeof(endbr64) : 0;
	/* not paciasp, which is one as well: it signs the return address */
	return machine == EM_AARCH64 && (word_at(code) & 0xffffff3f) == 0xd503241f ? 4 : 0;
}

/* The length of an instruction that may be stepped over, or 0. */
static size_t harmless(unsigned int machine, const unsigned char *code)
{
	if (machine == EM_X86_64)
		return x86_harmless(code);
	return machine == EM_AARCH64 && arm64_harmless(word_at(code)) ? 4 : 0;
}

/*
 * Of those to be stepped, the first: but to step a bti is no dearer than what follows, and the newest
 * kernels emulate it.
 */
static size_t first_to_step(unsigned int machine, const unsigned char *code, size_t landing)
{
	size_t at = landing, nop;

	if (machine != EM_X86_64)
		return 0;
	while (at + LONGEST < INSTRUCTIONS_LOOK && (nop = x86_long_nop(code + at)))
		at += nop;
	return x86_refused(code + at) ? 0 : at;
}

size_t instructions__cheap(unsigned int machine, const unsigned char code[INSTRUCTIONS_LOOK])
{
	size_t landing = instructions__landing(machine, code);

	for (size_t at = landing; at + LONGEST < INSTRUCTIONS_LOOK;) {
		size_t length = harmless(machine, code + at);

		if (instructions__emulated(machine, code + at))
			return at;
		if (!length)
			break;
		at += length;
	}
	return first_to_step(machine, code, landing);
}
