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

static bool write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t done = write(fd, bytes, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		bytes += done;
		size -= (size_t)done;
	}
	return true;
}

static size_t read_all(int fd, char *bytes, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t done = read(fd, bytes + got, size - got);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			break;
		got += (size_t)done;
	}
	return got;
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
		_exit(write_all(fds[1], result, size) ? 0 : 1);
	}
	close(fds[1]);
	whole = pid > 0 && read_all(fds[0], result, size) == size;
	close(fds[0]);
	if (pid < 0)
		return -EAGAIN;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return whole ? 0 : -EFAULT;
}
