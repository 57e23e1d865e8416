// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * names [SECONDS]: threads that are called what a terminal would obey, cut UTF-8 and what CSV and
 * JSON quote; each takes a lock by name_take() and name_leave(), and works a little under it.
 */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static const char *const names[] = {
	"\033[31mred\033[0m", "\033]0;title\007", "up\r\ndown", "\t \v\f\b", "\177del",
	"\377\376\303", "cut\355\225", "\302\233 31m c1", "\342\200\256 bidi", "one,\"two\"",
	"\\n\\", "<b>&amp;", "na\303\257ve",
};
#define COUNT ((int)(sizeof(names) / sizeof(names[0])))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long until_s;

__attribute__((noipa)) void name_take(pthread_mutex_t *mutex)
{
	pthread_mutex_lock(mutex);
	__asm__ volatile("");
}

__attribute__((noipa)) void name_leave(pthread_mutex_t *mutex)
{
	pthread_mutex_unlock(mutex);
	__asm__ volatile("");
}

static long now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

__attribute__((noipa)) static void work(void)
{
	for (volatile int i = 0; i < 2000000; i++)
		;
}

static void *named(void *name)
{
	prctl(PR_SET_NAME, name);
	do {
		for (int i = 0; i < 3; i++) {
			name_take(&lock);
			work();
			name_leave(&lock);
			usleep(1000);
		}
	} while (now_s() < until_s);
	return name;
}

int main(int argc, char **argv)
{
	pthread_t threads[COUNT];

	until_s = now_s() + (argc > 1 ? atoi(argv[1]) : 0);
	prctl(PR_SET_NAME, "main\033c\007\r\n");
	for (int i = 0; i < COUNT; i++)
		pthread_create(&threads[i], NULL, named, (void *)names[i]);
	for (int i = 0; i < COUNT; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
