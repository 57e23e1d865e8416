// SPDX-License-Identifier: GPL-2.0-or-later
// An unmodified program with one global pthread mutex, taken through functions of its own.
//
// A tracer may find the lock in two ways: by big_lock:big_unlock, and by the futex that
// threads sleep on, whose address is big_mutex. The counts are taken under the lock.
#include <string.h>

#include "contest.h"

static pthread_mutex_t big_mutex = PTHREAD_MUTEX_INITIALIZER;

void big_lock(void);
void big_unlock(void);

/* The check makes it an ordinary call and return, not a jump to pthread_mutex_lock(). */
static void check(int error)
{
	if (!error)
		return;
	fprintf(stderr, "mutexes: %s\n", strerror(error));
	abort();
}

__attribute__((noinline)) void big_lock(void)
{
	check(pthread_mutex_lock(&big_mutex));
}

__attribute__((noinline)) void big_unlock(void)
{
	check(pthread_mutex_unlock(&big_mutex));
}

int main(int argc, char **argv)
{
	return contest_main(argc, argv, "Threads pass through critical sections under a mutex.",
			    big_lock, big_unlock);
}
