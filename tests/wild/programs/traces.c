// SPDX-License-Identifier: GPL-2.0-or-later
// A debugger: its child asks to be traced, and executes a program; each stop is passed on.
//
// usage: traces PROGRAM [ARG...]    prints "stops N status S".
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int status = 0, stops = 0;
	pid_t child = fork();

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execvp(argv[argc > 1], argv + 1);
		_exit(127);
	}
	while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
		stops++;
		ptrace(PTRACE_CONT, child, NULL, NULL);
	}
	printf("stops %d status %d\n", stops, status);
	return 0;
}
