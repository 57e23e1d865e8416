// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sample_kind - by which door the kernel was entered.
 *
 * The doors are functions: arch/x86/entry/entry_64.S, arch/x86/include/asm/idtentry.h
 * (asm_exc_*, asm_sysvec_*, asm_common_interrupt) and arch/arm64/kernel/entry-common.c. The
 * innermost counts: a system call that meets a page fault is a page fault at that moment, and
 * what interrupts that is an interrupt. Soft interrupts have a door of their own, since they
 * may also run at the end of a system call.
 */
#include "symbols/sample_kind.h"

#include <string.h>

static const char *const names[SAMPLE_KINDS] = {
	[SAMPLE_KIND_USER] = "user",
	[SAMPLE_KIND_FAULT] = "fault",
	[SAMPLE_KIND_SYSCALL] = "syscall",
	[SAMPLE_KIND_INTERRUPT] = "interrupt",
};

/* A star at the end stands for anything. The first that fits counts. */
static const struct {
	const char *function;
	enum sample_kind kind;
} doors[] = {
	/* x86 */
	{ "asm_exc_page_fault", SAMPLE_KIND_FAULT },
	{ "exc_page_fault", SAMPLE_KIND_FAULT },
	{ "entry_SYSCALL_*", SAMPLE_KIND_SYSCALL },
	{ "entry_SYSENTER_*", SAMPLE_KIND_SYSCALL },
	{ "entry_INT80_*", SAMPLE_KIND_SYSCALL },
	{ "asm_int80_emulation", SAMPLE_KIND_SYSCALL },
	{ "do_syscall_64", SAMPLE_KIND_SYSCALL },
	{ "asm_exc_*", SAMPLE_KIND_INTERRUPT },
	{ "asm_sysvec_*", SAMPLE_KIND_INTERRUPT },
	{ "asm_common_interrupt", SAMPLE_KIND_INTERRUPT },
	{ "asm_spurious_interrupt", SAMPLE_KIND_INTERRUPT },
	/* arm64 */
	{ "el0_svc*", SAMPLE_KIND_SYSCALL },
	{ "el0_da", SAMPLE_KIND_FAULT },
	{ "el0_ia", SAMPLE_KIND_FAULT },
	{ "el1_abort", SAMPLE_KIND_FAULT },
	{ "do_mem_abort", SAMPLE_KIND_FAULT },
	{ "el0_interrupt", SAMPLE_KIND_INTERRUPT },
	{ "el1_interrupt", SAMPLE_KIND_INTERRUPT },
	{ "el0t_*_irq*", SAMPLE_KIND_INTERRUPT },
	{ "el1h_*_irq*", SAMPLE_KIND_INTERRUPT },
	{ "el0_*", SAMPLE_KIND_INTERRUPT },	/* other exceptions: undef, dbg, fpsimd_acc */
	{ "el1_*", SAMPLE_KIND_INTERRUPT },
	/* both */
	{ "handle_softirqs", SAMPLE_KIND_INTERRUPT },
	{ "__do_softirq", SAMPLE_KIND_INTERRUPT },
};

const char *sample_kind__name(enum sample_kind kind)
{
	return names[kind];
}

/* One star in the middle is enough for the table. */
static bool fits(const char *door, const char *function)
{
	const char *rest = strchr(door, '*');
	size_t head;

	if (!rest)
		return strcmp(door, function) == 0;
	if (strncmp(door, function, (size_t)(rest - door)) != 0)
		return false;
	rest++;
	head = strcspn(rest, "*");
	for (; *function; function++)
		if (strncmp(function, rest, head) == 0)
			return true;
	return false;
}

static bool is_door(const char *function, enum sample_kind *kind)
{
	for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++) {
		if (!fits(doors[i].function, function))
			continue;
		*kind = doors[i].kind;
		return true;
	}
	return false;
}

enum sample_kind sample_kind__of(const char *const *functions, size_t count, bool in_system_call)
{
	enum sample_kind kind;

	for (size_t i = 0; i < count; i++)
		if (functions[i] && is_door(functions[i], &kind))
			return kind;
	return in_system_call ? SAMPLE_KIND_SYSCALL : SAMPLE_KIND_INTERRUPT;
}
