// SPDX-License-Identifier: GPL-2.0-or-later
// Situation: a lock that is free, and wanted, for a long time: who wants it is not let in, and who
// gets it in the end was busy with other things, asleep NAPS times meanwhile.
// Truth: from the release to the last take, the taker was asleep for nearly all of the time.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_int open_for;	/* who may come in: 0 nobody, 1 and 2 the threads */
static atomic_int waits;
static int naps;

/* The functions that are named. */
__attribute__((noinline)) void gate_enter(int who)
{
	atomic_fetch_add(&waits, 1);
	while (atomic_load(&open_for) != who)
		usleep(200);
	atomic_fetch_sub(&waits, 1);
}

__attribute__((noinline)) void gate_leave(void)
{
	atomic_store(&open_for, 0);
}

static void *kept_out(void *unused)
{
	gate_enter(1);
	gate_leave();
	return unused;
}

static void *taker(void *unused)
{
	for (int i = 0; i < naps; i++)
		usleep(300);
	atomic_store(&open_for, 2);
	gate_enter(2);
	gate_leave();
	atomic_store(&open_for, 1);
	return unused;
}

/* The release that counts comes when the other thread waits already. */
int main(int argc, char **argv)
{
	pthread_t one, two;

	naps = argc > 1 ? atoi(argv[1]) : 500;
	atomic_store(&open_for, 3);
	gate_enter(3);
	if (pthread_create(&one, NULL, kept_out, NULL))
		return 1;
	while (!atomic_load(&waits))
		usleep(200);
	usleep(2000);
	gate_leave();
	if (pthread_create(&two, NULL, taker, NULL))
		return 1;
	pthread_join(one, NULL);
	pthread_join(two, NULL);
	return 0;
}
