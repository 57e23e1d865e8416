// SPDX-License-Identifier: GPL-2.0-or-later
// A spin lock whose functions begin with a nop of 5 bytes, call nobody and keep what they need
// below the stack pointer, where x86-64 lets them. Kernels from about 6.18 on make a call of such a nop
// when it is probed: a call writes there, and what it calls is not there in a child. Prints "single
// acquisitions lost", "children died", of some that are forked while whoever started this cannot do a
// thing, and with what the functions begin in the end.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 3000
#define CHILDREN 20

long nop_lock(void);
long nop_unlock(void);

int nop_word;

#define NOP5 ".byte 0x0f, 0x1f, 0x44, 0x00, 0x00\n"
#define KEEP "movq $42, -8(%rsp)\n movq $43, -16(%rsp)\n"
#define RETURN_KEPT "movq -8(%rsp), %rax\n addq -16(%rsp), %rax\n ret\n"

__asm__(".text\n"
	".globl nop_lock\n .type nop_lock,@function\n nop_lock:\n"
	NOP5 KEEP
	"1: movl $1, %eax\n xchgl %eax, nop_word(%rip)\n testl %eax, %eax\n jz 2f\n pause\n jmp 1b\n"
	"2: " RETURN_KEPT ".size nop_lock, .-nop_lock\n"
	".globl nop_unlock\n .type nop_unlock,@function\n nop_unlock:\n"
	NOP5 KEEP "movl $0, nop_word(%rip)\n" RETURN_KEPT
	".size nop_unlock, .-nop_unlock\n");

static long taken, lost;

static void *work(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		long kept = nop_lock();

		taken++;
		lost += kept != 85;
		kept = nop_unlock();
		if (kept != 85)
			__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
	}
	return arg;
}

static _Noreturn void be_a_child(void)
{
	nop_lock();
	nop_unlock();
	_exit(0);
}

static int fork_some(void)
{
	int died = 0, status;

	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		if (!pid)
			be_a_child();
		died += waitpid(pid, &status, 0) != pid || status != 0;
	}
	return died;
}

int main(void)
{
	pid_t starter = getppid();
	int died;

	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	kill(starter, SIGSTOP);
	died = fork_some();
	kill(starter, SIGCONT);
	printf("children %d\n", died);
	printf("single %ld %ld\n", taken, lost);
	printf("begins %02x %02x\n", *(unsigned char *)nop_lock, *(unsigned char *)nop_unlock);
	return lost != 0;
}
