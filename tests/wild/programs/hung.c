// SPDX-License-Identifier: GPL-2.0-or-later
// Threads that wait for each other. usage: hung KIND; prints its threads once they sleep.
//   chain    "waiter"s want first_mutex of "holder", which wants second_mutex of main, asleep
//   cycle    "left" and "right" want each other's mutex
//   alone    "holder" wants the mutex that it has
//   join     main waits for the end of "joined", which wants main's mutex
//   robust, inheriting, checking   as chain, by mutexes of that kind
//   condition   "waiter"s wait on a condition variable, beside which somebody's mutex lies
//   timed    "waiter" wants the mutex of main, but not for ever
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct {
	pthread_cond_t condition;
	pthread_mutex_t beside;
} pair = { PTHREAD_COND_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };

pthread_mutex_t first_mutex, second_mutex;
static pthread_barrier_t both_have_one;

static void begin(const char *name)
{
	prctl(PR_SET_NAME, name);
	fprintf(stderr, "%s %ld\n", name, (long)syscall(SYS_gettid));
}

static void *waiter(void *argument)
{
	begin("waiter");
	pthread_mutex_lock(&first_mutex);
	return argument;
}

static void *timed(void *argument)
{
	struct timespec until;

	begin("waiter");
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 100;
	pthread_mutex_timedlock(&first_mutex, &until);
	return argument;
}

static void *condition(void *argument)
{
	begin("waiter");
	pthread_mutex_lock(&second_mutex);
	pthread_cond_wait(&pair.condition, &second_mutex);
	return argument;
}

static void *holder(void *argument)
{
	begin("holder");
	pthread_mutex_lock(&first_mutex);
	pthread_barrier_wait(&both_have_one);
	pthread_mutex_lock(&second_mutex);
	return argument;
}

static void *alone(void *argument)
{
	begin("holder");
	pthread_mutex_lock(&first_mutex);
	pthread_mutex_lock(&first_mutex);
	return argument;
}

/* The address of its own mutex first. */
static void *crosses(void *argument)
{
	int left = argument == &first_mutex;

	begin(left ? "left" : "right");
	pthread_mutex_lock(left ? &first_mutex : &second_mutex);
	pthread_barrier_wait(&both_have_one);
	pthread_mutex_lock(left ? &second_mutex : &first_mutex);
	return argument;
}

static void make(const char *kind)
{
	pthread_mutexattr_t attribute;

	pthread_mutexattr_init(&attribute);
	if (!strcmp(kind, "robust"))
		pthread_mutexattr_setrobust(&attribute, PTHREAD_MUTEX_ROBUST);
	if (!strcmp(kind, "inheriting"))
		pthread_mutexattr_setprotocol(&attribute, PTHREAD_PRIO_INHERIT);
	if (!strcmp(kind, "checking"))
		pthread_mutexattr_settype(&attribute, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&first_mutex, &attribute);
	pthread_mutex_init(&second_mutex, &attribute);
	pthread_barrier_init(&both_have_one, NULL, 2);
}

static void chain(void)
{
	pthread_t thread;

	pthread_mutex_lock(&second_mutex);
	pthread_create(&thread, NULL, holder, NULL);
	pthread_barrier_wait(&both_have_one);
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, waiter, NULL);
}

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "chain";
	pthread_t thread;

	alarm(100);
	make(kind);
	begin("main");
	if (!strcmp(kind, "cycle")) {
		pthread_create(&thread, NULL, crosses, &first_mutex);
		pthread_create(&thread, NULL, crosses, &second_mutex);
	} else if (!strcmp(kind, "alone")) {
		pthread_create(&thread, NULL, alone, NULL);
	} else if (!strcmp(kind, "join")) {
		pthread_mutex_lock(&first_mutex);
		pthread_create(&thread, NULL, waiter, NULL);
		pthread_join(thread, NULL);
	} else if (!strcmp(kind, "condition")) {
		pthread_mutex_lock(&pair.beside);
		for (int i = 0; i < 3; i++)
			pthread_create(&thread, NULL, condition, NULL);
	} else if (!strcmp(kind, "timed")) {
		pthread_mutex_lock(&first_mutex);
		pthread_create(&thread, NULL, timed, NULL);
	} else {
		chain();
	}
	sleep(100);
	return 0;
}
