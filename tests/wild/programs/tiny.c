// SPDX-License-Identifier: GPL-2.0-or-later
// Takes a lock three times, and is gone: a process that lives for a millisecond. With a number, so
// many of them come before, one after the other. usage: tiny [N]
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) void tiny_lock(void)
{
	pthread_mutex_lock(&mutex);
}

__attribute__((noinline)) void tiny_unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

int main(int argc, char **argv)
{
	for (int n = argc > 1 ? atoi(argv[1]) : 0; n > 0; n--) {
		pid_t pid = vfork();

		if (!pid) {
			execl(argv[0], argv[0], (char *)NULL);
			_exit(127);
		}
		waitpid(pid, NULL, 0);
	}
	for (int i = 0; i < 3; i++) {
		tiny_lock();
		tiny_unlock();
	}
	return 0;
}
