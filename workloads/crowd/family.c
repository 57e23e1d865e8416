// SPDX-License-Identifier: GPL-2.0-or-later
// Child processes that end together, and memory that they share.
#include "crowd/family.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int family_start(struct family *family, int (*work)(void *arg, uint32_t index), void *arg)
{
	pid_t parent = getpid(), pid;

	if (family->count == FAMILY_MAX)
		return -E2BIG;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid) {
		family->pids[family->count++] = pid;
		return 0;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	_exit(-work(arg, family->count));
}

static int outcome(struct family *family, int status, uint32_t may_die)
{
	if (WIFEXITED(status))
		return -WEXITSTATUS(status);
	if (WTERMSIG(status) != SIGKILL || family->killed == may_die)
		return -ECHILD;
	family->killed++;
	return 0;
}

static void signal_all(const struct family *family, int number)
{
	for (uint32_t i = 0; i < family->count; i++)
		if (family->pids[i])
			kill(family->pids[i], number);
}

static void bury(struct family *family, pid_t pid)
{
	for (uint32_t i = 0; i < family->count; i++)
		if (family->pids[i] == pid)
			family->pids[i] = 0;
}

int family_wait(struct family *family, uint32_t may_die)
{
	int status, err = 0;

	for (;;) {
		pid_t pid = waitpid(-1, &status, 0);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return err;
		bury(family, pid);
		if (err)
			continue;
		err = outcome(family, status, may_die);
		if (err)
			signal_all(family, SIGKILL);
	}
}

void family_kill(struct family *family)
{
	signal_all(family, SIGKILL);
	family_wait(family, FAMILY_MAX);
}

void *family_memory(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void family_forget(void *memory, size_t bytes)
{
	if (memory)
		munmap(memory, bytes);
}
