// SPDX-License-Identifier: GPL-2.0-or-later
// A child, a pipe, and limits.
#include "base/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"

#define CPU_S 10
#define MEMORY_BYTES (2ULL << 30)

static void limit(int what, rlim_t to)
{
	const struct rlimit limit = { to, to };

	setrlimit(what, &limit);
}

/* Pipes are no files to RLIMIT_FSIZE. AddressSanitizer reserves more than any limit. */
static void confine(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signal(SIGINT, SIG_IGN);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, CPU_S);
#ifndef __SANITIZE_ADDRESS__
	limit(RLIMIT_AS, MEMORY_BYTES);
#endif
}

int apart__run(void (*work)(void *arg, void *result), void *arg, void *result, size_t size)
{
	int fds[2], status;
	bool whole;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		confine();
		work(arg, result);
		_exit(io__write_all(fds[1], result, size) ? 1 : 0);
	}
	close(fds[1]);
	whole = pid > 0 && io__read_all(fds[0], result, size) == (ssize_t)size;
	close(fds[0]);
	if (pid < 0)
		return -EAGAIN;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return whole ? 0 : -EFAULT;
}
