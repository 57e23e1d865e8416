// SPDX-License-Identifier: GPL-2.0-or-later
// The ring of two: what each does with the token, and the clock at one of them.
#include "crowd/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "include/clock.h"

enum token { TOKEN_PASS, TOKEN_REPORT, TOKEN_END };

struct pipe_ends {
	int from;
	int to;
};

/* One of the two. The one that answers may be another process: it writes here only. */
struct task {
	struct pipe_ends ring;
	uint64_t bytes;
	enum vector vector;
	int cpu;
	uint64_t *data;
	size_t words;
	uint64_t switches;	/* at the last report */
	int err;
};

struct race {
	const struct tokens_plan *plan;
	struct task *asker;
	struct task *answerer;
	struct pipe_ends own;
	struct tokens_times *times;
};

static volatile uint64_t sink;

/* On its CPU, with its working set in memory of its own. Returns 0 or -errno. */
static int settle(struct task *task)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(task->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return -errno;
	task->words = task->bytes / sizeof(*task->data);
	if (!task->words)
		return 0;
	task->data = aligned_alloc(4096, (task->bytes + 4095) / 4096 * 4096);
	if (!task->data)
		return -ENOMEM;
	for (size_t i = 0; i < task->words; i++)
		task->data[i] = i;
	return 0;
}

static inline void work(const struct task *task)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < task->words; i++)
		sum += task->data[i];
	sink = sum;
	vector_dirty(task->vector);
}

/* The kernel's own count for the calling thread, both kinds: a waker may be pre-empted. */
static uint64_t switches_now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
}

static int get(int fd, int *token)
{
	ssize_t got = read(fd, token, sizeof(*token));

	return got == (ssize_t)sizeof(*token) ? 0 : got < 0 ? -errno : -EPIPE;
}

static int put(int fd, int token)
{
	return write(fd, &token, sizeof(token)) == (ssize_t)sizeof(token) ? 0 : -errno;
}

/* The one that answers: passes each token back until the last one. */
static void answer(struct task *task)
{
	int token = TOKEN_PASS;

	task->err = settle(task);
	while (!task->err && token != TOKEN_END) {
		task->err = get(task->ring.from, &token);
		if (token == TOKEN_REPORT)
			task->switches = switches_now();
		else
			work(task);
		if (!task->err)
			task->err = put(task->ring.to, task->err ? TOKEN_END : token);
	}
	/* Whoever still waits for an answer is told that there is none. */
	if (task->err)
		put(task->ring.to, TOKEN_END);
	free(task->data);
}

static int pass(const struct task *task, const struct pipe_ends *ends, int token)
{
	int answered = -1;
	int err = put(ends->to, token);

	if (!err)
		err = get(ends->from, &answered);
	work(task);
	return err ? err : answered == token ? 0 : -EPIPE;
}

/* The time of n passes through these ends, each, in ns. */
static int time_passes(const struct task *task, const struct pipe_ends *ends, uint64_t n,
		       double *each_ns)
{
	uint64_t start = clock_now_ns();
	int err = 0;

	for (uint64_t i = 0; i < n && !err; i++)
		err = pass(task, ends, TOKEN_PASS);
	*each_ns = (double)(clock_now_ns() - start) / (double)n;
	return err;
}

/* A round trip is two passes with a switch each; a pass to oneself has none. */
static int time_batch(const struct task *task, const struct pipe_ends *own, uint64_t rounds,
		      struct tokens_times *times, size_t i)
{
	double trip_ns = 0;
	int err = time_passes(task, own, 2 * rounds, &times->overhead_ns[i]);

	if (!err)
		err = time_passes(task, &task->ring, rounds, &trip_ns);
	times->raw_ns[i] = trip_ns / 2;
	times->switch_ns[i] = times->raw_ns[i] - times->overhead_ns[i];
	return err;
}

/* The one that asks, and looks at the clock. The first round trips wake everything up. */
static int ask(struct race *race)
{
	struct task *task = race->asker;
	uint64_t before, own_before;
	int err = settle(task);

	for (int i = 0; i < 10 && !err; i++)
		err = pass(task, &task->ring, TOKEN_PASS);
	if (!err)
		err = pass(task, &task->ring, TOKEN_REPORT);
	before = race->answerer->switches;
	own_before = switches_now();
	for (uint64_t i = 0; i < race->plan->batches && !err; i++)
		err = time_batch(task, &race->own, race->plan->rounds, race->times, i);
	race->times->counted = switches_now() - own_before;
	if (!err)
		err = pass(task, &task->ring, TOKEN_REPORT);
	race->times->counted += race->answerer->switches - before;
	if (!err)
		err = pass(task, &task->ring, TOKEN_END);
	free(task->data);
	return err;
}

static void *answer_in_thread(void *arg)
{
	answer(arg);
	return NULL;
}

static void *ask_in_thread(void *arg)
{
	struct race *race = arg;

	race->asker->err = ask(race);
	return NULL;
}

static int between_threads(struct race *race)
{
	pthread_t threads[2];
	int err = -pthread_create(&threads[0], NULL, answer_in_thread, race->answerer);

	if (err)
		return err;
	err = -pthread_create(&threads[1], NULL, ask_in_thread, race);
	if (err)
		put(race->asker->ring.to, TOKEN_END);
	else
		pthread_join(threads[1], NULL);
	pthread_join(threads[0], NULL);
	return err ? err : race->asker->err ? race->asker->err : race->answerer->err;
}

static int between_processes(struct race *race)
{
	pid_t parent = getpid(), child = fork();
	int err, status = 0;

	if (child < 0)
		return -errno;
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			answer(race->answerer);
		_exit(race->answerer->err ? 1 : 0);
	}
	err = ask(race);
	if (err)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return race->answerer->err ? race->answerer->err : err;
}

/* Three pipes: there, back, and to oneself. */
static int open_pipes(struct race *race)
{
	int fds[3][2];

	for (int i = 0; i < 3; i++)
		if (pipe2(fds[i], O_CLOEXEC))
			return -errno;
	race->asker->ring = (struct pipe_ends){ .from = fds[1][0], .to = fds[0][1] };
	race->answerer->ring = (struct pipe_ends){ .from = fds[0][0], .to = fds[1][1] };
	race->own = (struct pipe_ends){ .from = fds[2][0], .to = fds[2][1] };
	return 0;
}

int tokens_race(const struct tokens_plan *plan, struct tokens_times *times,
		struct window *window)
{
	/* Shared, so that the answers of another process are seen. */
	struct task *tasks = mmap(NULL, 2 * sizeof(*tasks), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct race race = { .plan = plan, .times = times };
	int err;

	if (tasks == MAP_FAILED)
		return -errno;
	for (int i = 0; i < 2; i++)
		tasks[i] = (struct task){ .bytes = plan->bytes, .cpu = plan->cpus[i],
					  .vector = plan->vector };
	race.asker = &tasks[0];
	race.answerer = &tasks[1];
	err = open_pipes(&race);
	if (err)
		return err;
	window_open(window, NULL);
	err = plan->process ? between_processes(&race) : between_threads(&race);
	window_close(window);
	return err;
}
