// SPDX-License-Identifier: GPL-2.0-or-later
// main() ends by pthread_exit(), and its threads go on without it: they take turns at a mutex that
// each holds asleep. usage: leaderless THREADS ROUNDS; prints how often it was taken.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

pthread_mutex_t leaderless_mutex = PTHREAD_MUTEX_INITIALIZER;
static int threads, rounds, taken, ended;

static void *turns(void *argument)
{
	(void)argument;
	for (int i = 0; i < rounds; i++) {
		pthread_mutex_lock(&leaderless_mutex);
		taken++;
		usleep(5000);
		pthread_mutex_unlock(&leaderless_mutex);
		usleep(100);
	}
	if (__sync_add_and_fetch(&ended, 1) == threads) {
		printf("taken %d\n", taken);
		fflush(stdout);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	alarm(100);
	threads = argc > 1 ? atoi(argv[1]) : 3;
	rounds = argc > 2 ? atoi(argv[2]) : 20;
	for (int i = 0; i < threads; i++)
		pthread_create(&thread, NULL, turns, NULL);
	pthread_exit(NULL);
}
