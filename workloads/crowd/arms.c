// SPDX-License-Identifier: GPL-2.0-or-later
// The arms: who runs which task, in which thread or process, under which lock.
#include "crowd/arms.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "objects/task.h"
#include "kit/usage.h"

/* The clock costs about half a step: look at it once in so many steps. */
#define STEPS_PER_LOOK 64

struct worker {
	const struct arm_config *config;
	struct lock *lock;
	struct announce_seat seat;
	struct task *tasks;
	uint32_t count;
	void (*work)(struct worker *worker);
	int error;
	struct object_heap heap;
	pthread_t thread;
};

static int status_error(enum task_status status)
{
	return status == TASK_NO_MEMORY ? -ENOMEM : 0;
}

/* One task after the other, each step under the lock. */
static void work_in_turn(struct worker *worker)
{
	struct lock *lock = worker->lock;
	enum task_status status = TASK_DONE;

	lock_enter(lock, &worker->seat);
	for (uint32_t i = 0; i < worker->count && status != TASK_NO_MEMORY; i++) {
		do {
			lock_step_begin(lock, &worker->seat);
			status = task_step(&worker->tasks[i]);
			lock_step_end(lock, &worker->seat);
		} while (status == TASK_RUNNING);
	}
	lock_leave(lock, &worker->seat);
	worker->error = status_error(status);
}

/* Step one task until its slice is over; like the holder, it looks between steps. */
static enum task_status run_slice(struct worker *worker, struct task *task, uint64_t until_ns)
{
	enum task_status status;

	do {
		for (int i = 0; i < STEPS_PER_LOOK; i++) {
			lock_step_begin(worker->lock, &worker->seat);
			status = task_step(task);
			lock_step_end(worker->lock, &worker->seat);
			if (status != TASK_RUNNING)
				return status;
		}
	} while (clock_now_ns() < until_ns);
	return status;
}

/* All tasks alive at once, a slice each in turn. */
static void work_interleaved(struct worker *worker)
{
	uint32_t left = worker->count;

	while (left && !worker->error) {
		for (uint32_t i = 0; i < worker->count && !worker->error; i++) {
			struct task *task = &worker->tasks[i];
			enum task_status status;

			if (task->phase == TASK_PHASE_DONE)
				continue;
			status = run_slice(worker, task,
					   clock_now_ns() + worker->config->interval_ns);
			left -= status == TASK_DONE;
			worker->error = status_error(status);
		}
	}
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;

	announce(ANNOUNCE_SEAT, &worker->seat);
	worker->work(worker);
	worker->heap = object_heap_read();
	return NULL;
}

static void collect_tasks(struct worker *worker, struct arm_result *result)
{
	for (uint32_t i = 0; i < worker->count; i++) {
		struct task *task = &worker->tasks[i];

		if (task->phase != TASK_PHASE_DONE) {
			task_abandon(task);
			continue;
		}
		if (!result->tasks_done || task->maximum > result->maximum)
			result->maximum = task->maximum;
		result->tasks_done++;
	}
	result->allocated += worker->heap.allocated;
	result->freed += worker->heap.freed;
}

static void collect_lock(const struct lock *lock, struct arm_result *result)
{
	result->acquisitions += lock->page.acquisitions;
	result->releases += lock->page.releases;
	result->handoffs += lock->page.handoffs;
}

/* Start the workers, wait for them. The first error wins; every thread is joined. */
static int run_workers(struct worker *workers, uint32_t count)
{
	uint32_t started;
	int err = 0;

	for (started = 0; started < count; started++) {
		err = -pthread_create(&workers[started].thread, NULL, worker_main,
				      &workers[started]);
		if (err)
			break;
	}
	for (uint32_t i = 0; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
		if (!err)
			err = workers[i].error;
	}
	return err;
}

static int init_tasks(struct task *tasks, const struct arm_config *config, uint32_t first,
		      uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		int err = task_init(&tasks[i], config->objects, config->seed + first + i);

		if (err)
			return err;
	}
	return 0;
}

static void init_workers(struct worker *workers, uint32_t count, const struct arm_config *config,
			 struct lock *lock, struct task *tasks, void (*work)(struct worker *))
{
	memset(workers, 0, count * sizeof(*workers));
	for (uint32_t i = 0; i < count; i++) {
		workers[i].config = config;
		workers[i].lock = lock;
		workers[i].work = work;
		workers[i].count = config->workers / count;
		workers[i].tasks = tasks + (size_t)i * workers[i].count;
	}
}

/* `threads` workers share the tasks evenly: all in one, or one each. */
static int run_in_threads(const struct arm_config *config, struct lock *lock, uint32_t threads,
			  void (*work)(struct worker *), struct arm_result *result)
{
	struct task *tasks = calloc(config->workers, sizeof(*tasks));
	struct worker *workers = aligned_alloc(_Alignof(struct worker), threads * sizeof(*workers));
	int err = tasks && workers ? 0 : -ENOMEM;

	if (!err)
		err = init_tasks(tasks, config, 0, config->workers);
	if (!err) {
		init_workers(workers, threads, config, lock, tasks, work);
		err = run_workers(workers, threads);
		for (uint32_t i = 0; i < threads; i++)
			collect_tasks(&workers[i], result);
		collect_lock(lock, result);
	}
	/* The lists the tasks began with were counted in this thread. */
	result->allocated += object_heap_read().allocated;
	result->freed += object_heap_read().freed;
	free(workers);
	free(tasks);
	return err;
}

static int run_sequential(const struct arm_config *config, struct lock *lock,
			  struct arm_result *result)
{
	return run_in_threads(config, lock, 1, work_in_turn, result);
}

static int run_interleaved(const struct arm_config *config, struct lock *lock,
			   struct arm_result *result)
{
	return run_in_threads(config, lock, 1, work_interleaved, result);
}

static int run_threads(const struct arm_config *config, struct lock *lock,
		       struct arm_result *result)
{
	return run_in_threads(config, lock, config->workers, work_in_turn, result);
}

/* A child runs one task in a thread of its own, under a lock of its own. */
static int child_run(const struct arm_config *config, uint32_t index, struct arm_result *result)
{
	struct arm_config own = *config;
	struct lock *lock = lock_new(config->lock, config->interval_ns);
	int err;

	if (!lock)
		return -errno;
	own.workers = 1;
	own.seed += index;
	err = run_in_threads(&own, lock, 1, work_in_turn, result);
	result->children_peak_rss_bytes = usage_peak_rss_bytes();
	lock_free(lock);
	return err;
}

static pid_t child_start(const struct arm_config *config, uint32_t index,
			 struct arm_result *result)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	_exit(-child_run(config, index, result));
}

static int child_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGKILL ? -ENOMEM : -ECHILD;
	return -WEXITSTATUS(status);
}

static void add_result(struct arm_result *sum, const struct arm_result *one)
{
	if (one->tasks_done && (!sum->tasks_done || one->maximum > sum->maximum))
		sum->maximum = one->maximum;
	sum->tasks_done += one->tasks_done;
	sum->allocated += one->allocated;
	sum->freed += one->freed;
	sum->acquisitions += one->acquisitions;
	sum->releases += one->releases;
	sum->handoffs += one->handoffs;
	sum->children_peak_rss_bytes += one->children_peak_rss_bytes;
}

static int run_children(const struct arm_config *config, pid_t *pids, struct arm_result *results,
			struct arm_result *result)
{
	uint32_t started;
	int err = 0, one;

	for (started = 0; started < config->workers && !err; started++) {
		pids[started] = child_start(config, started, &results[started]);
		if (pids[started] < 0) {
			err = -errno;
			break;
		}
	}
	for (uint32_t i = 0; i < started; i++) {
		one = child_wait(pids[i]);
		err = err ? err : one;
		add_result(result, &results[i]);
	}
	return err;
}

static int run_processes(const struct arm_config *config, struct lock *lock,
			 struct arm_result *result)
{
	size_t bytes = config->workers * sizeof(struct arm_result);
	struct arm_result *results = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t *pids = calloc(config->workers, sizeof(*pids));
	int err = results != MAP_FAILED && pids ? 0 : -ENOMEM;

	(void)lock;
	if (!err)
		err = run_children(config, pids, results, result);
	free(pids);
	if (results != MAP_FAILED)
		munmap(results, bytes);
	return err;
}

const struct arm arms[] = {
	{ "sequential", "one thread, one task after the other", 0, 1, run_sequential },
	{ "interleaved", "one thread, all tasks alive at once, in slices, no lock", 0, 0,
	  run_interleaved },
	{ "threads-1cpu", "a thread per task under the lock, all on one CPU", 1, 1, run_threads },
	{ "threads", "a thread per task under the lock, on all CPUs", 0, 1, run_threads },
	{ "processes", "a process per task, no shared lock", 0, 0, run_processes },
	{ 0 },
};

const struct arm *arm_find(const char *name)
{
	for (size_t i = 0; arms[i].name; i++)
		if (strcmp(arms[i].name, name) == 0)
			return &arms[i];
	return NULL;
}
