// SPDX-License-Identifier: GPL-2.0-or-later
// Opcode maps of x86-64 (Intel SDM, volume 2, appendix A) by what follows the opcode, and the
// branches of arm64.
#include "lock/flow.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

/* --- x86-64: what follows an opcode ---------------------------------------------- */

/* N: nothing, M: ModRM, B: a byte, Z: 4 bytes (2 with a 66), W: 2, U: ModRM and Z, C: ModRM and
 * B, V: 4 or 8 bytes, E: 3, A: an address of 8, F/G: ModRM and B/Z if it is test, R: 4, -: none */
static const char one_byte[] =
	"MMMMBZ--MMMMBZ--" "MMMMBZ--MMMMBZ--" "MMMMBZ--MMMMBZ--" "MMMMBZ--MMMMBZ--"
	"----------------" "NNNNNNNNNNNNNNNN" "---M----ZUBCNNNN" "BBBBBBBBBBBBBBBB"
	"CU-CMMMMMMMMMMMM" "NNNNNNNNNN-NNNNN" "AAAANNNNBZNNNNNN" "BBBBBBBBVVVVVVVV"
	"CCWN--CUENWNNB-N" "MMMM---NMMMMMMMM" "BBBBBBBBRR-BNNNN" "-N--NNFGNNNNNNMM";

static const char after_0f[] =
	"MMMM-NNNNN-N-MN-" "MMMMMMMMMMMMMMMM" "MMMM----MMMMMMMM" "NNNNNN-N--------"
	"MMMMMMMMMMMMMMMM" "MMMMMMMMMMMMMMMM" "MMMMMMMMMMMMMMMM" "CCCCMMMNMMMMMMMM"
	"RRRRRRRRRRRRRRRR" "MMMMMMMMMMMMMMMM" "NNNMCM--NNNMCMMM" "MMMMMMMMMMCMMMMM"
	"MMCMCCCMNNNNNNNN" "MMMMMMMMMMMMMMMM" "MMMMMMMMMMMMMMMM" "MMMMMMMMMMMMMMMM";

_Static_assert(sizeof(one_byte) == 257 && sizeof(after_0f) == 257, "a letter for each opcode");

struct prefixes {
	size_t count;
	bool word;	/* 66 */
	bool wide;	/* REX.W */
};

static bool is_prefix(unsigned char byte)
{
	return byte != 0 && strchr("\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3", byte) != NULL;
}

static struct prefixes read_prefixes(const unsigned char *code)
{
	struct prefixes read = { .count = 0 };

	while (read.count < FLOW_LONGEST - 4 && is_prefix(code[read.count]))
		read.word |= code[read.count++] == 0x66;
	if (code[read.count] >= 0x40 && code[read.count] <= 0x4f)
		read.wide = code[read.count++] & 8;
	return read;
}

/* ModRM with its SIB and displacement. */
static size_t operand(const unsigned char *modrm)
{
	unsigned int mod = *modrm >> 6, rm = *modrm & 7;
	size_t sib = mod != 3 && rm == 4;

	if (mod == 3)
		return 1;
	if (mod == 1)
		return 2 + sib;
	if (mod == 2)
		return 5 + sib;
	if (rm == 5 || (sib && (modrm[1] & 7) == 5))
		return 5 + sib;
	return 1 + sib;
}

/* Bytes behind the opcode, and -1 for an opcode that is none. */
static int tail(char form, const unsigned char *next, const struct prefixes *prefixes)
{
	size_t immediate = prefixes->word ? 2 : 4;
	bool tests = (*next >> 3 & 7) < 2;

	switch (form) {
	case 'N': return 0;
	case 'B': return 1;
	case 'W': return 2;
	case 'E': return 3;
	case 'R': return 4;
	case 'A': return 8;
	case 'Z': return (int)immediate;
	case 'V': return prefixes->wide ? 8 : (int)immediate;
	case 'M': return (int)operand(next);
	case 'C': return (int)operand(next) + 1;
	case 'U': return (int)(operand(next) + immediate);
	case 'F': return (int)operand(next) + tests;
	case 'G': return (int)(operand(next) + (tests ? immediate : 0));
	default: return -1;
	}
}

/* VEX of 2 and 3 bytes, EVEX of 4: the map of the opcode is in the prefix. */
static size_t vector_length(const unsigned char *code)
{
	static const struct prefixes none;
	size_t size = code[0] == 0xc5 ? 2 : code[0] == 0xc4 ? 3 : 4;
	unsigned int map = code[0] == 0xc5 ? 1 : code[1] & (size == 3 ? 31 : 7);
	unsigned char opcode = code[size];
	int more = (int)operand(code + size + 1);

	if (map == 1)
		more = tail(after_0f[opcode], code + size + 1, &none);
	else if (map == 3)
		more++;
	else if (map != 2 && !(size == 4 && (map == 5 || map == 6)))
		return 0;
	return more < 0 ? 0 : size + 1 + (size_t)more;
}

static size_t x86_length(const unsigned char *code, const struct prefixes *prefixes)
{
	const unsigned char *at = code + prefixes->count;
	size_t opcode = 1;
	int more;

	if (*at == 0xc4 || *at == 0xc5 || *at == 0x62) {
		opcode = vector_length(at);
		return opcode ? prefixes->count + opcode : 0;
	}
	if (*at != 0x0f) {
		more = tail(one_byte[*at], at + 1, prefixes);
	} else if (at[1] == 0x38 || at[1] == 0x3a) {
		opcode = 3;
		more = (int)operand(at + 3) + (at[1] == 0x3a);
	} else {
		opcode = 2;
		more = tail(after_0f[at[1]], at + 2, prefixes);
	}
	return more < 0 ? 0 : prefixes->count + opcode + (size_t)more;
}

/* --- x86-64: where it goes -------------------------------------------------------- */

/* The distance is the last 1 or 4 bytes of the instruction. */
static void jumps(struct flow *flow, enum flow_kind kind, const unsigned char *code,
		  size_t distance_size, uint64_t address)
{
	const unsigned char *at = code + flow->length - distance_size;
	int32_t distance = *at < 0x80 ? *at : *at - 0x100;

	if (distance_size == sizeof(distance))
		memcpy(&distance, at, sizeof(distance));
	flow->kind = kind;
	flow->target = address + flow->length + (uint64_t)(int64_t)distance;
}

static struct flow x86_flow(const unsigned char *code, uint64_t address)
{
	struct prefixes prefixes = read_prefixes(code);
	const unsigned char *at = code + prefixes.count;
	struct flow flow = { .length = x86_length(code, &prefixes), .kind = FLOW_ON };

	if (flow.length > FLOW_LONGEST)
		flow.length = 0;
	if (!flow.length)
		return flow;
	if (*at == 0xc3 || *at == 0xc2 || *at == 0xcb || *at == 0xca || *at == 0xcf)
		flow.kind = FLOW_RETURN;
	else if (*at == 0xff && ((at[1] >> 3 & 7) == 4 || (at[1] >> 3 & 7) == 5))
		flow.kind = FLOW_AWAY;
	else if (*at == 0xeb)
		jumps(&flow, FLOW_JUMP, code, 1, address);
	else if (*at == 0xe9)
		jumps(&flow, FLOW_JUMP, code, 4, address);
	else if ((*at >= 0x70 && *at <= 0x7f) || (*at >= 0xe0 && *at <= 0xe3))
		jumps(&flow, FLOW_BRANCH, code, 1, address);
	else if (*at == 0x0f && at[1] >= 0x80 && at[1] <= 0x8f)
		jumps(&flow, FLOW_BRANCH, code, 4, address);
	return flow;
}

/* --- arm64 ------------------------------------------------------------------------ */

/* A distance in words, of so many bits from there on. */
static uint64_t distance(uint32_t word, unsigned int from, unsigned int bits)
{
	return (uint64_t)((int64_t)((uint64_t)word << (64 - from - bits)) >> (64 - bits)) * 4;
}

static struct flow arm64_flow(const unsigned char *code, uint64_t address)
{
	struct flow flow = { .length = 4, .kind = FLOW_ON };
	uint32_t word;

	memcpy(&word, code, sizeof(word));
	if ((word & 0xfffffc1f) == 0xd65f0000 || (word & 0xfffffbff) == 0xd65f0bff) {
		flow.kind = FLOW_RETURN;			/* ret, retaa, retab */
	} else if ((word & 0xfefff800) == 0xd61f0800 || (word & 0xfffffc1f) == 0xd61f0000) {
		flow.kind = FLOW_AWAY;				/* braa and the like, br */
	} else if ((word & 0xfc000000) == 0x14000000) {		/* b */
		flow.kind = FLOW_JUMP;
		flow.target = address + distance(word, 0, 26);
	} else if ((word & 0xff000000) == 0x54000000 || (word & 0x7e000000) == 0x34000000) {
		flow.kind = FLOW_BRANCH;			/* b.cond, cbz, cbnz */
		flow.target = address + distance(word, 5, 19);
	} else if ((word & 0x7e000000) == 0x36000000) {		/* tbz, tbnz */
		flow.kind = FLOW_BRANCH;
		flow.target = address + distance(word, 5, 14);
	}
	return flow;
}

struct flow flow__of(unsigned int machine, const unsigned char code[FLOW_LONGEST],
		     uint64_t address)
{
	switch (machine) {
	case EM_X86_64: return x86_flow(code, address);
	case EM_AARCH64: return arm64_flow(code, address);
	default: return (struct flow){ .length = 0 };
	}
}
