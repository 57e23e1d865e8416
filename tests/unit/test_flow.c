// SPDX-License-Identifier: GPL-2.0-or-later
// Lengths and ways on of instructions, and a function's returns, in this program's own code too.
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/lock/flow.h"
#include "../../user/lock/returns.h"
#include "../../user/symbols/elf_file.h"

#define AT 0x1000

static struct flow flow(unsigned int machine, const char *bytes, size_t size)
{
	unsigned char code[FLOW_LONGEST] = { 0 };

	memcpy(code, bytes, size);
	return flow__of(machine, code, AT);
}

#define X86(bytes) flow(EM_X86_64, bytes, sizeof(bytes) - 1)
#define ARM(bytes) flow(EM_AARCH64, bytes, sizeof(bytes) - 1)
#define LENGTH(bytes) assert_int_equal(X86(bytes).length, sizeof(bytes) - 1)

static void lengths_are_those_of_the_manual(void **state)
{
	(void)state;
	LENGTH("\x55");
	LENGTH("\x48\x83\xec\x18");				/* sub $0x18,%rsp */
	LENGTH("\x48\x81\xec\x18\x01\x00\x00");
	LENGTH("\x66\x81\xc1\x34\x12");				/* add $0x1234,%cx */
	LENGTH("\x48\xba\xd3\x94\xd6\x26\xe8\x0b\x2e\x11");	/* movabs */
	LENGTH("\xba\x01\x00\x00\x00");
	LENGTH("\x48\x8d\x3d\x4d\x2e\x00\x00");			/* lea beside the code */
	LENGTH("\x8b\x04\x25\x00\x00\x00\x00");			/* SIB without a base */
	LENGTH("\x64\x48\x8b\x04\x25\x28\x00\x00\x00");		/* mov %fs:0x28,%rax */
	LENGTH("\xf6\xc1\x01");					/* test $1,%cl */
	LENGTH("\xf7\xd8");					/* neg %eax */
	LENGTH("\xf7\xc1\x01\x00\x00\x00");			/* test $1,%ecx */
	LENGTH("\xf0\x0f\xb1\x17");				/* lock cmpxchg %edx,(%rdi) */
	LENGTH("\x66\x0f\x3a\x63\xc1\x0c");			/* pcmpistri */
	LENGTH("\x66\x0f\x38\x00\xc1");				/* pshufb */
	LENGTH("\xc5\xf8\x77");					/* vzeroupper */
	LENGTH("\xc5\xfa\x6f\x07");
	LENGTH("\xc4\xe3\x7d\x39\xc1\x01");			/* vextracti128 */
	LENGTH("\x62\xf1\x7f\x48\x6f\x47\x01");			/* vmovdqu8 of 64 bytes */
	LENGTH("\xf3\x0f\x1e\xfa");				/* endbr64 */
	LENGTH("\x66\x2e\x0f\x1f\x84\x00\x00\x00\x00\x00");	/* nop */
	assert_int_equal(X86("\x06").length, 0);		/* push %es is none any more */
	assert_int_equal(flow(EM_RISCV, "\x55", 1).length, 0);
}

static void ways_on_are_told(void **state)
{
	(void)state;
	assert_int_equal(X86("\xc3").kind, FLOW_RETURN);
	assert_int_equal(X86("\xf3\xc3").kind, FLOW_RETURN);
	assert_int_equal(X86("\xe8\x00\x01\x00\x00").kind, FLOW_ON);
	assert_int_equal(X86("\xff\x25\x00\x01\x00\x00").kind, FLOW_AWAY);
	assert_int_equal(X86("\x3e\xff\xe0").kind, FLOW_AWAY);
	assert_int_equal(X86("\xff\xd0").kind, FLOW_ON);	/* call *%rax */
	assert_int_equal(X86("\xe9\x00\x01\x00\x00").target, AT + 5 + 0x100);
	assert_int_equal(X86("\xeb\xfe").target, AT);
	assert_int_equal(X86("\x74\x10").kind, FLOW_BRANCH);
	assert_int_equal(X86("\x0f\x84\xfa\xff\xff\xff").target, AT);
	assert_int_equal(ARM("\xc0\x03\x5f\xd6").kind, FLOW_RETURN);
	assert_int_equal(ARM("\xff\x0b\x5f\xd6").kind, FLOW_RETURN);	/* retaa */
	assert_int_equal(ARM("\x00\x02\x1f\xd6").kind, FLOW_AWAY);	/* br x16 */
	assert_int_equal(ARM("\xff\xff\xff\x17").target, AT - 4);	/* b .-4 */
	assert_int_equal(ARM("\x40\x00\x00\x34").target, AT + 8);	/* cbz w0, .+8 */
	assert_int_equal(ARM("\x00\x00\x00\x94").kind, FLOW_ON);	/* bl */
}

/* --- functions of this program ---------------------------------------------------- */

int two_returns(int a);
int by_register(int a);
int goes_on(int a);

#if defined(__x86_64__)
#define IF_NOT_3 "cmp $3,%edi\n jne 1f\n"
#define RET "ret\n"
#define BY_REGISTER "jmp *%rax\n"
#define GO_ON "jmp two_returns\n"
#else
#define IF_NOT_3 "cmp w0,#3\n b.ne 1f\n"
#define RET "ret\n"
#define BY_REGISTER "br x1\n"
#define GO_ON "b two_returns\n"
#endif
#define FUNCTION(name, body) \
	".globl " name "\n.type " name ",%function\n" name ":\n" body ".size " name ",.-" name "\n"

__asm__(".text\n"
	FUNCTION("two_returns", IF_NOT_3 RET "1: " RET)
	FUNCTION("by_register", IF_NOT_3 RET "1: " BY_REGISTER)
	FUNCTION("goes_on", IF_NOT_3 RET "1: " GO_ON));

static int returns_of(const char *function, struct returns *returns)
{
	struct symbols found = { .count = 0 };
	struct elf_file file;
	int err;

	assert_int_equal(elf_file__open(&file, "/proc/self/exe"), 0);
	assert_int_equal(symbols__add_functions(&file, SHT_SYMTAB, function, &found), 0);
	assert_int_equal(found.count, 1);
	memset(returns, 0, sizeof(*returns));
	err = returns__find(&file, &file, &found.list[0], returns);
	symbols__free(&found);
	elf_file__close(&file);
	return err;
}

static void returns_are_found_to_the_last(void **state)
{
	struct returns returns, more;

	(void)state;
	assert_int_equal(returns_of("two_returns", &returns), 0);
	assert_int_equal(returns.count, 2);
	/* its own, and those of what it ends in */
	assert_int_equal(returns_of("goes_on", &more), 0);
	assert_int_equal(more.count, 3);
	assert_int_equal(more.list[1], returns.list[0]);
	assert_int_equal(more.list[2], returns.list[1]);
}

static void what_goes_anywhere_has_no_known_returns(void **state)
{
	struct returns returns;

	(void)state;
	assert_int_equal(returns_of("by_register", &returns), -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_are_those_of_the_manual),
		cmocka_unit_test(ways_on_are_told),
		cmocka_unit_test(returns_are_found_to_the_last),
		cmocka_unit_test(what_goes_anywhere_has_no_known_returns),
	};

	elf_version(EV_CURRENT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
