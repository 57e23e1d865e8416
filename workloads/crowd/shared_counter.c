// SPDX-License-Identifier: GPL-2.0-or-later
// A counter that processes share, and what guards it.
//
// An update is two stores: the counter, and the process's own count of what it did. A process
// that is killed between the two leaves them disagreeing. Under the robust mutex
// (pthread_mutexattr_setrobust(3)) the next owner is told by EOWNERDEAD; a note written before
// the stores tells it how to finish them, once or twice with the same outcome (a redo log).
#include "crowd/shared_counter.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "include/clock.h"

/* Updates between two looks at the neighbour. */
#define UPDATES_PER_LOOK 8
/* If the neighbour has made more meanwhile, it had a turn while we did not run. */
#define MOST_IN_A_LOOK 4096

/* An update in the making; touched by the owner of the robust mutex only. */
struct update_note {
	bool open;
	uint32_t worker;
	uint64_t counter;	/* as it shall be */
	uint64_t made;		/* the worker's own count, as it shall be */
};

struct worker_count {
	_Alignas(64) volatile uint64_t made;
	uint64_t overlaps;
};

struct board {
	pthread_barrier_t start;
	pthread_mutex_t mutex;
	sem_t semaphore;
	volatile struct update_note note;
	atomic_bool enough;
	atomic_uint owners_died;
	_Alignas(64) volatile uint64_t counter;
	struct worker_count workers[FAMILY_MAX];
};

struct job {
	const struct shared_counter_config *config;
	struct board *board;
	volatile uint64_t *counter;
	uint64_t began_ns;
};

/* For the guard `private`: each process has its own copy of this. */
static volatile uint64_t private_counter;

static void no_guard(struct board *board)
{
	(void)board;
}

static void mutex_enter(struct board *board)
{
	pthread_mutex_lock(&board->mutex);
}

static void mutex_leave(struct board *board)
{
	pthread_mutex_unlock(&board->mutex);
}

static void semaphore_enter(struct board *board)
{
	while (sem_wait(&board->semaphore) && errno == EINTR)
		;
}

static void semaphore_leave(struct board *board)
{
	sem_post(&board->semaphore);
}

/* The mutex is ours, but its last owner has not come to its end. */
static void repair(struct board *board)
{
	if (board->note.open) {
		board->counter = board->note.counter;
		board->workers[board->note.worker].made = board->note.made;
		board->note.open = false;
	}
	pthread_mutex_consistent(&board->mutex);
	atomic_fetch_add(&board->owners_died, 1);
}

static void robust_enter(struct board *board)
{
	if (pthread_mutex_lock(&board->mutex) == EOWNERDEAD)
		repair(board);
}

static void robust_leave(struct board *board)
{
	board->note.open = false;
	pthread_mutex_unlock(&board->mutex);
}

static void robust_note(struct board *board, uint32_t worker, uint64_t next)
{
	board->note.worker = worker;
	board->note.counter = next;
	board->note.made = board->workers[worker].made + 1;
	board->note.open = true;
}

static const struct guard guards[] = {
	{ "none", false, false, no_guard, no_guard, NULL },
	{ "private", true, false, no_guard, no_guard, NULL },
	{ "mutex", false, false, mutex_enter, mutex_leave, NULL },
	{ "semaphore", false, false, semaphore_enter, semaphore_leave, NULL },
	{ "robust", false, true, robust_enter, robust_leave, robust_note },
	{ 0 },
};

const struct guard *guard_find(const char *name)
{
	for (size_t i = 0; guards[i].name; i++)
		if (strcmp(guards[i].name, name) == 0)
			return &guards[i];
	return NULL;
}

/* One update; dies: killed while it owns the guard, with the update half made. */
static void update(const struct job *job, uint32_t index, bool dies)
{
	const struct guard *guard = job->config->guard;
	struct board *board = job->board;
	uint64_t next;

	guard->enter(board);
	next = *job->counter + 1;
	if (guard->note)
		guard->note(board, index, next);
	*job->counter = next;
	if (dies)
		kill(getpid(), SIGKILL);
	board->workers[index].made++;
	guard->leave(board);
}

static void one_round(const struct job *job, uint32_t index)
{
	const struct worker_count *neighbour =
		&job->board->workers[(index + 1) % job->config->workers];
	struct worker_count *own = &job->board->workers[index];
	uint64_t seen = neighbour->made;

	for (uint64_t i = 0; i < job->config->updates; i++) {
		update(job, index, false);
		if (i % UPDATES_PER_LOOK == 0) {
			uint64_t made = neighbour->made;

			own->overlaps += made != seen && made - seen <= MOST_IN_A_LOOK;
			seen = made;
		}
	}
}

/* Have the processes overlapped, or has the time run out? */
static bool is_enough(const struct job *job, uint32_t index)
{
	struct board *board = job->board;

	if (board->workers[index].overlaps >= SHARED_COUNTER_OVERLAPS ||
	    clock_now_ns() - job->began_ns > job->config->limit_ns)
		atomic_store(&board->enough, true);
	return atomic_load(&board->enough);
}

/* Where one is to die, it is the first, at its end; the others go on until they have felt it. */
static int work(void *arg, uint32_t index)
{
	const struct job *job = arg;
	bool kills = job->config->guard->kills;

	pthread_barrier_wait(&job->board->start);
	do
		one_round(job, index);
	while (!is_enough(job, index));
	if (kills && index == 0)
		update(job, index, true);
	while (kills && !atomic_load(&job->board->owners_died))
		one_round(job, index);
	return 0;
}

static int init_board(struct board *board, const struct shared_counter_config *config)
{
	pthread_mutexattr_t mutex;
	pthread_barrierattr_t barrier;
	int err;

	pthread_mutexattr_init(&mutex);
	pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
	if (config->guard->kills)
		pthread_mutexattr_setrobust(&mutex, PTHREAD_MUTEX_ROBUST);
	pthread_barrierattr_init(&barrier);
	pthread_barrierattr_setpshared(&barrier, PTHREAD_PROCESS_SHARED);
	err = -pthread_mutex_init(&board->mutex, &mutex);
	err = err ? err : -pthread_barrier_init(&board->start, &barrier, config->workers);
	if (!err && sem_init(&board->semaphore, 1, 1))
		err = -errno;
	return err;
}

static void settle(const struct job *job, const struct family *family,
		   struct shared_counter_result *result)
{
	const struct board *board = job->board;

	*result = (struct shared_counter_result){
		.counted = *job->counter,
		.owners_died = atomic_load(&board->owners_died),
		.killed = family->killed,
	};
	for (uint32_t i = 0; i < job->config->workers; i++) {
		result->updates += board->workers[i].made;
		if (board->workers[i].overlaps > result->overlaps)
			result->overlaps = board->workers[i].overlaps;
	}
}

int shared_counter_run(const struct shared_counter_config *config,
		       struct shared_counter_result *result)
{
	struct family family = { 0 };
	struct board *board = family_memory(sizeof(*board));
	struct job job = { config, board, NULL, clock_now_ns() };
	int err;

	if (!board)
		return -errno;
	job.counter = config->guard->private ? &private_counter : &board->counter;
	err = init_board(board, config);
	for (uint32_t i = 0; i < config->workers && !err; i++)
		err = family_start(&family, work, &job);
	if (err)
		family_kill(&family);
	else
		err = family_wait(&family, config->guard->kills);
	if (!err)
		settle(&job, &family, result);
	family_forget(board, sizeof(*board));
	return err;
}
