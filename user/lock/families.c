// SPDX-License-Identifier: GPL-2.0-or-later
// The families of the C library: POSIX's and C11's mutexes, which are the same thing in glibc
// (nptl/pthread_mutex_lock.c, sysdeps/pthread/mtx_lock.c), spin locks, semaphores, and what is
// no lock that one thread has alone.
#include "lock/families.h"

#include <string.h>

/* The first word of a glibc mutex is its futex (sysdeps/nptl/bits/struct_mutex.h). */
#define MUTEX_WORD 4

static const struct lock_family families[] = {
	{
		.acquire = "pthread_mutex_lock",
		.release = "pthread_mutex_unlock",
		.try = { "pthread_mutex_trylock", "pthread_mutex_timedlock",
			 "pthread_mutex_clocklock" },
		.wait = { "pthread_cond_wait", "pthread_cond_timedwait", "pthread_cond_clockwait" },
		.words_size = MUTEX_WORD,
		.recursive = true,
	},
	{
		.acquire = "mtx_lock",
		.release = "mtx_unlock",
		.try = { "mtx_trylock", "mtx_timedlock" },
		.wait = { "cnd_wait", "cnd_timedwait" },
		.words_size = MUTEX_WORD,
		.recursive = true,
	},
	{
		.acquire = "pthread_spin_lock",
		.release = "pthread_spin_unlock",
		.try = { "pthread_spin_trylock" },
	},
	{
		.acquire = "sem_wait",
		.release = "sem_post",
		.try = { "sem_trywait", "sem_timedwait", "sem_clockwait" },
	},
	{
		.acquire = "pthread_rwlock_wrlock",
		.release = "pthread_rwlock_unlock",
		.try = { "pthread_rwlock_trywrlock", "pthread_rwlock_timedwrlock",
			 "pthread_rwlock_clockwrlock" },
		.wait = { "pthread_rwlock_rdlock", "pthread_rwlock_tryrdlock",
			  "pthread_rwlock_timedrdlock", "pthread_rwlock_clockrdlock" },
		.unfit = "many readers hold such a lock at once, and a ledger has one holder",
	},
};

static bool has(const char *const *names, const char *function)
{
	for (; *names; names++)
		if (strcmp(*names, function) == 0)
			return true;
	return false;
}

bool families__takes(const struct lock_family *family, const char *function)
{
	return strcmp(family->acquire, function) == 0 || has(family->try, function);
}

const struct lock_family *families__of(const char *function)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (families__takes(&families[i], function) || has(families[i].wait, function) ||
		    strcmp(families[i].release, function) == 0)
			return &families[i];
	return NULL;
}
