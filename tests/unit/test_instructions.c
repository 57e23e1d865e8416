// SPDX-License-Identifier: GPL-2.0-or-later
// A probe moves on to a cheap instruction only over what is decoded for sure.
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/lock/instructions.h"
#include "include/announce.h"
#include "skip_for.h"

/* The rest of the code is ud2, which is neither emulated nor stepped over. */
static size_t cheap(const char *bytes, size_t size)
{
	unsigned char code[INSTRUCTIONS_LOOK];

	for (size_t i = 0; i < sizeof(code); i++)
		code[i] = i % 2 ? 0x0b : 0x0f;
	memcpy(code, bytes, size);
	return instructions__cheap(EM_X86_64, code);
}

#define CHEAP(bytes) cheap(bytes, sizeof(bytes) - 1)

static void the_first_is_taken_if_it_is_cheap(void **state)
{
	(void)state;
	assert_int_equal(CHEAP("\x55"), 0);			/* push %rbp */
	assert_int_equal(CHEAP("\x41\x57"), 0);			/* push %r15 */
	assert_int_equal(CHEAP("\x90"), 0);
	assert_int_equal(CHEAP("\xf3\x0f\x1e\xfa\x55"), 4);	/* endbr64; push */
}

static void harmless_ones_are_stepped_over(void **state)
{
	(void)state;
	/* mov x(%rip),%eax; test %eax,%eax; je: how an inlined drop_gil() begins */
	assert_int_equal(CHEAP("\x8b\x05\x35\x83\x4d\x00\x85\xc0\x0f\x84\x86\x09\xed\xff"), 8);
	/* The same of 3.13: mov 0x10(%rbx),%rax; mov 0x10(%rax),%rbp; mov 0x10(%rbp),%eax; test; je */
	assert_int_equal(CHEAP("\x48\x8b\x43\x10\x48\x8b\x68\x10\x8b\x45\x10\x85\xc0"
			       "\x0f\x84\x86\x09\xed\xff"), 13);
	/* mov 0x10(%r12),%rax; lea 0x10(%r15),%rsi; je: with a SIB, and an address */
	assert_int_equal(CHEAP("\x49\x8b\x44\x24\x10\x49\x8d\x77\x10\x74\x10"), 9);
	/* mov 0x10(%rax),%rdx; cmpl $0,0x10(%rdx); jne */
	assert_int_equal(CHEAP("\x48\x8b\x50\x10\x83\x7a\x10\x00\x75\x68"), 8);
	assert_int_equal(CHEAP("\x8b\x07\x55"), 2);		/* mov (%rdi),%eax */
	assert_int_equal(CHEAP("\x8b\x83\x00\x01\x00\x00\x55"), 6);	/* mov 0x100(%rbx),%eax */
	/* mov %rdi,%rbx; push %rbp */
	assert_int_equal(CHEAP("\x48\x89\xfb\x55"), 3);
	/* xor %eax,%eax; call */
	assert_int_equal(CHEAP("\x31\xc0\xe8\x00\x00\x00\x00"), 2);
}

/* Each of the recommended ones; newer kernels make a call of that of 5 bytes. */
static void no_long_nop_is_taken(void **state)
{
	(void)state;
	assert_int_equal(CHEAP("\x66\x90"), 0);
	assert_int_equal(CHEAP("\x0f\x1f\x00\x55"), 3);
	assert_int_equal(CHEAP("\x0f\x1f\x40\x00\x55"), 4);
	assert_int_equal(CHEAP("\x0f\x1f\x44\x00\x00\x55"), 5);
	assert_int_equal(CHEAP("\x66\x0f\x1f\x44\x00\x00\x55"), 6);
	assert_int_equal(CHEAP("\x0f\x1f\x80\x00\x00\x00\x00\x55"), 7);
	assert_int_equal(CHEAP("\x0f\x1f\x84\x00\x00\x00\x00\x00\x55"), 8);
	assert_int_equal(CHEAP("\x66\x0f\x1f\x84\x00\x00\x00\x00\x00\x55"), 9);
	assert_int_equal(CHEAP("\x66\x2e\x0f\x1f\x84\x00\x00\x00\x00\x00\x55"), 10);
	/* endbr64; nop; sub $8,%rsp */
	assert_int_equal(CHEAP("\xf3\x0f\x1e\xfa\x0f\x1f\x44\x00\x00\x48\x83\xec\x08"), 9);
}

static void nothing_is_stepped_over_that_matters_or_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(CHEAP("\x48\x83\xec\x08\x55"), 0);	/* sub $8,%rsp */
	assert_int_equal(CHEAP("\x48\x89\xc7\x55"), 0);		/* mov %rax,%rdi */
	assert_int_equal(CHEAP("\x48\x89\xc4\x55"), 0);		/* mov %rax,%rsp */
	assert_int_equal(CHEAP("\x31\xff\x55"), 0);		/* xor %edi,%edi */
	assert_int_equal(CHEAP("\x48\x8b\x3d\x00\x00\x00\x00\x55"), 0);	/* mov x(%rip),%rdi */
	assert_int_equal(CHEAP("\x48\x89\x1d\x00\x00\x00\x00\x55"), 0);	/* a store */
	assert_int_equal(CHEAP("\x48\x8b\x7b\x10\x55"), 0);	/* mov 0x10(%rbx),%rdi */
	assert_int_equal(CHEAP("\x48\x8b\x63\x10\x55"), 0);	/* mov 0x10(%rbx),%rsp */
	assert_int_equal(CHEAP("\x8b\x04\x85\x00\x00\x00\x00\x55"), 0);	/* mov x(,%rax,4),%eax */
	assert_int_equal(CHEAP("\x83\x6a\x10\x01\x55"), 0);	/* subl $1,0x10(%rdx) */
	assert_int_equal(CHEAP("\x48\x8d\x64\x24\x08\x55"), 0);	/* lea 8(%rsp),%rsp */
	assert_int_equal(CHEAP("\xf3\x0f\x1e\xfa\x0f\x0b"), 4);	/* endbr64; ud2 */
}

static bool refused(unsigned int machine, const char *bytes, size_t size)
{
	unsigned char code[INSTRUCTIONS_LOOK] = { 0 };

	memcpy(code, bytes, size);
	return instructions__refused(machine, code);
}

#define REFUSED(machine, bytes) refused(machine, bytes, sizeof(bytes) - 1)

/* The prefixes of is_prefix_bad() in arch/x86/kernel/uprobes.c, wherever they stand. */
static void what_the_kernel_refuses_is_known(void **state)
{
	(void)state;
	assert_true(REFUSED(EM_X86_64, "\xf0\xff\x0f"));		/* lock decl (%rdi) */
	assert_true(REFUSED(EM_X86_64, "\xf0\x48\x0f\xb1\x0f"));	/* lock cmpxchg %rcx,(%rdi) */
	assert_true(REFUSED(EM_X86_64, "\x66\xf0\x0f\xc1\x07"));	/* lock xadd %ax,(%rdi) */
	assert_true(REFUSED(EM_X86_64, "\x3e\xff\xe0"));		/* notrack jmp *%rax */
	assert_false(REFUSED(EM_X86_64, "\x48\x87\x07"));		/* xchg %rax,(%rdi) */
	assert_false(REFUSED(EM_X86_64, "\xf3\x0f\x1e\xfa"));		/* endbr64 */
	assert_false(REFUSED(EM_X86_64, "\x64\x48\x8b\x04\x25"));	/* mov %fs:x,%rax */
	assert_false(REFUSED(EM_X86_64, "\xb8\xf0\x00\x00\x00"));	/* mov $0xf0,%eax */
	assert_true(REFUSED(EM_AARCH64, "\x01\xfc\x5f\x88"));	/* ldaxr w1,[x0] */
	assert_true(REFUSED(EM_AARCH64, "\x01\x00\x00\xd4"));	/* svc #0 */
	assert_false(REFUSED(EM_AARCH64, "\x01\xfc\xdf\x88"));	/* ldar w1,[x0] */
	assert_false(REFUSED(EM_AARCH64, "\x3f\x23\x03\xd5"));	/* paciasp */
	assert_false(REFUSED(EM_RISCV, "\xf0\xff\x0f\x00"));
}

/* endbr64; lock decl (%rdi): what may be probed is before it. */
static void before_what_is_refused_is_a_place(void **state)
{
	(void)state;
	assert_int_equal(CHEAP("\xf3\x0f\x1e\xfa\xf0\xff\x0f"), 0);
	/* mov (%rsi),%eax; lock decl (%rdi) */
	assert_int_equal(CHEAP("\x8b\x06\xf0\xff\x0f"), 0);
}

/* Code that never gets cheap is not read beyond its end. */
static void looking_ends(void **state)
{
	unsigned char code[INSTRUCTIONS_LOOK];

	(void)state;
	for (size_t i = 0; i < sizeof(code); i += 2)
		memcpy(code + i, "\x85\xc0", 2);
	assert_int_equal(instructions__cheap(EM_X86_64, code), 0);
}

/* --- arm64: words instead of bytes ------------------------------------------- */

/* The rest of the code is udf. */
static size_t arm64_cheap(const uint32_t *words, size_t count)
{
	unsigned char code[INSTRUCTIONS_LOOK] = { 0 };

	for (size_t i = 0; i < count; i++)
		for (size_t byte = 0; byte < 4; byte++)
			code[4 * i + byte] = (unsigned char)(words[i] >> 8 * byte);
	return instructions__cheap(EM_AARCH64, code);
}

static bool arm64_emulated(uint32_t word)
{
	unsigned char code[4] = { word & 0xff, word >> 8 & 0xff, word >> 16 & 0xff, word >> 24 };

	return instructions__emulated(EM_AARCH64, code);
}

#define BTI_C 0xd503245f
#define ADRP 0x90002e35		/* adrp x21, ... */
#define MOV_X19_X0 0xaa0003f3
#define ARM64_CHEAP(...) arm64_cheap((const uint32_t[]){ __VA_ARGS__ },		\
				     sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4)

static void arm64_simulates_what_depends_on_its_place(void **state)
{
	static const uint32_t simulated[] = {
		0x14000001, 0x94020e2f,				/* b, bl */
		0x540000c0,					/* b.eq */
		0xb4000b33, 0x340009c0, 0x35000040, 0xb5000041,	/* cbz, cbnz, both widths */
		0x36000040, 0x37f80041,				/* tbz, tbnz */
		0x10000000, ADRP,				/* adr, adrp */
		0xd61f0200, 0xd63f0060, 0xd65f03c0,		/* br x16, blr x3, ret */
	};
	static const uint32_t others[] = {
		0xd503201f, 0xd503233f, BTI_C,			/* nop, paciasp, bti c */
		0xa9bc7bfd, 0x910003fd, MOV_X19_X0,		/* stp, mov to x29, mov */
		0x58000040, 0x18000040, 0x98000040,		/* ldr, ldr, ldrsw beside the code */
		0xd65f0bff, 0xd61f081f,				/* retaa, braaz */
		0xf9400000, 0xd4000001, 0x00000000,		/* ldr, svc, udf */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(simulated) / sizeof(simulated[0]); i++)
		if (!arm64_emulated(simulated[i]))
			fail_msg("%08x", simulated[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (arm64_emulated(others[i]))
			fail_msg("%08x", others[i]);
}

static void arm64_steps_over_little(void **state)
{
	(void)state;
	assert_int_equal(ARM64_CHEAP(ADRP), 0);
	assert_int_equal(ARM64_CHEAP(BTI_C, ADRP), 4);
	assert_int_equal(ARM64_CHEAP(0xd503249f, MOV_X19_X0, ADRP), 8);	/* bti j */
	assert_int_equal(ARM64_CHEAP(BTI_C, 0xa9bc7bfd, ADRP), 0);	/* stp moves sp */
	assert_int_equal(ARM64_CHEAP(0xd503233f, ADRP), 0);	/* paciasp changes x30 */
	assert_int_equal(ARM64_CHEAP(0xaa0103e0, ADRP), 0);	/* mov x0, x1 */
	assert_int_equal(ARM64_CHEAP(0xaa0103fe, ADRP), 0);	/* mov x30, x1 */
	assert_int_equal(ARM64_CHEAP(0x8b0103e1, ADRP), 0);	/* add x1, xzr, x1 */
	assert_int_equal(ARM64_CHEAP(0xaa2103e1, ADRP), 0);	/* mvn */
	assert_int_equal(ARM64_CHEAP(0xaa0107e1, ADRP), 0);	/* shifted */
}

static void others_are_left_alone(void **state)
{
	static const unsigned char code[INSTRUCTIONS_LOOK] = { 0xf3, 0x0f, 0x1e, 0xfa, 0x55 };

	(void)state;
	assert_int_equal(instructions__cheap(EM_RISCV, code), 0);
	assert_int_equal(instructions__landing(EM_RISCV, code), 0);
	assert_true(instructions__emulated(EM_RISCV, code));
	assert_int_equal(instructions__landing(EM_X86_64, code), 4);
}

/* On whatever machine this runs, the workloads' own site costs one trap. */
static void the_probe_site_begins_with_a_cheap_one(void **state)
{
	(void)state;
#if defined(__x86_64__)
	assert_true(instructions__emulated(EM_X86_64, (const unsigned char *)announce));
#elif defined(__aarch64__)
	assert_true(instructions__emulated(EM_AARCH64, (const unsigned char *)announce));
#else
	skip_for("nothing is known of this machine's instructions");
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_is_taken_if_it_is_cheap),
		cmocka_unit_test(harmless_ones_are_stepped_over),
		cmocka_unit_test(no_long_nop_is_taken),
		cmocka_unit_test(nothing_is_stepped_over_that_matters_or_is_unknown),
		cmocka_unit_test(what_the_kernel_refuses_is_known),
		cmocka_unit_test(before_what_is_refused_is_a_place),
		cmocka_unit_test(looking_ends),
		cmocka_unit_test(arm64_simulates_what_depends_on_its_place),
		cmocka_unit_test(arm64_steps_over_little),
		cmocka_unit_test(others_are_left_alone),
		cmocka_unit_test(the_probe_site_begins_with_a_cheap_one),
	};

	return cmocka_run_group_tests_name("instructions", tests, NULL, NULL);
}
