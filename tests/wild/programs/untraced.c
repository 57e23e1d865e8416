// SPDX-License-Identifier: GPL-2.0-or-later
// A parent that is told of every stop of its child, as a shell with job control is.
//
// usage: untraced PROGRAM [ARG...]    prints "pid P", and at the end "stops N status S".
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int status = 0, stops = 0;
	pid_t child = fork();

	if (child == 0) {
		execvp(argv[argc > 1], argv + 1);
		_exit(127);
	}
	printf("pid %d\n", (int)child);
	fflush(stdout);
	while (waitpid(child, &status, WUNTRACED | WCONTINUED) == child &&
	       (WIFSTOPPED(status) || WIFCONTINUED(status)))
		stops++;
	printf("stops %d status %d\n", stops, status);
	return 0;
}
