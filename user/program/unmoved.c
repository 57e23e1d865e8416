// SPDX-License-Identifier: GPL-2.0-or-later
// The number of the system call in a thread's registers, and what it returns: an interrupt, or any
// later call, has put another one there (syscall_get_nr() in the kernel's asm/syscall.h).
#include "program/unmoved.h"

#include <elf.h>
#include <stdint.h>
#include <sys/procfs.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

struct call {
	int64_t number;		/* -1: none */
	int64_t returns;
};

/* False: it has fewer, as a program of 32 bits, or they cannot be read. */
static bool read_set(pid_t pid, int set, void *registers, size_t size)
{
	struct iovec part = { .iov_base = registers, .iov_len = size };

	return !ptrace(PTRACE_GETREGSET, pid, (void *)(intptr_t)set, &part) && part.iov_len == size;
}

#if defined(__x86_64__)
static bool read_call(pid_t pid, struct call *call)
{
	struct user_regs_struct registers;

	if (!read_set(pid, NT_PRSTATUS, &registers, sizeof(registers)))
		return false;
	*call = (struct call){ (int64_t)registers.orig_rax, (int64_t)registers.rax };
	return true;
}
#elif defined(__aarch64__)
static bool read_call(pid_t pid, struct call *call)
{
	struct user_regs_struct registers;
	int number;

	if (!read_set(pid, NT_PRSTATUS, &registers, sizeof(registers)) ||
	    !read_set(pid, NT_ARM_SYSTEM_CALL, &number, sizeof(number)))
		return false;
	*call = (struct call){ number, (int64_t)registers.regs[0] };
	return true;
}
#else
static bool read_call(pid_t pid, struct call *call)
{
	(void)pid;
	(void)call;
	return false;
}
#endif

/* To the child they return 0; so does an exec, by what the program finds. */
static bool begins(int64_t number)
{
	switch (number) {
#ifdef SYS_fork
	case SYS_fork:
	case SYS_vfork:
#endif
	case SYS_clone:
	case SYS_clone3:
	case SYS_execve:
	case SYS_execveat: return true;
	default: return false;
	}
}

bool unmoved(pid_t pid)
{
	struct call call;

	return read_call(pid, &call) && call.returns == 0 && begins(call.number);
}
