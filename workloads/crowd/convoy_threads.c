// SPDX-License-Identifier: GPL-2.0-or-later
// The threads of a convoy: one that waits for answers, its peer, and those that compute.
#include "crowd/convoy.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Rounds of arithmetic in a step of a computing thread, and in processing an answer. */
#define ROUNDS_PER_STEP 100
#define ROUNDS_PER_ANSWER 1000

struct convoy;

struct convoy_thread {
	struct announce_seat seat;
	struct convoy *convoy;
	uint64_t steps;
	pthread_t thread;
};

struct convoy {
	const struct convoy_config *config;
	uint64_t *latency_ns;
	int io_end, peer_end;		/* of the socket pair */
	int error;			/* of the I/O thread or of its peer */
	atomic_bool over;
	atomic_uint computing;		/* threads that have had the lock once */
	struct convoy_thread threads[];	/* the I/O thread, its peer, the computing ones */
};

static void compute(uint64_t rounds)
{
	volatile uint64_t state = rounds;

	for (uint64_t i = 0; i < rounds; i++)
		state = state * 6364136223846793005 + 1442695040888963407;
}

static int transfer(ssize_t got, size_t wanted)
{
	if (got < 0)
		return -errno;
	return (size_t)got == wanted ? 0 : -EPIPE;
}

/* An answer is the time at which it was sent. */
static void *peer_main(void *arg)
{
	struct convoy_thread *self = arg;
	const struct convoy_config *config = self->convoy->config;
	int fd = self->convoy->peer_end;
	char request;

	while (read(fd, &request, 1) == 1) {
		struct timespec pause = clock_timespec(config->answer_us * NSEC_PER_USEC);
		uint64_t sent_ns;

		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		sent_ns = clock_now_ns();
		if (write(fd, &sent_ns, sizeof(sent_ns)) != sizeof(sent_ns))
			break;
	}
	return NULL;
}

/* One request and its answer; called and returns with the lock held. */
static int ask(struct convoy_thread *self, uint64_t *latency_ns)
{
	struct lock *lock = self->convoy->config->lock;
	int fd = self->convoy->io_end, err;
	uint64_t sent_ns = 0;

	err = transfer(write(fd, "?", 1), 1);
	lock_release(lock, &self->seat);
	if (!err)
		err = transfer(read(fd, &sent_ns, sizeof(sent_ns)), sizeof(sent_ns));
	lock_acquire(lock, &self->seat);
	compute(ROUNDS_PER_ANSWER);
	*latency_ns = clock_now_ns() - sent_ns;
	return err;
}

/* It begins when the others are under way. */
static void *io_main(void *arg)
{
	struct convoy_thread *self = arg;
	struct convoy *convoy = self->convoy;
	const struct convoy_config *config = convoy->config;

	announce(ANNOUNCE_SEAT, &self->seat);
	while (atomic_load(&convoy->computing) < config->cpu_threads)
		usleep(100);
	lock_acquire(config->lock, &self->seat);
	for (uint64_t i = 0; i < config->responses && !convoy->error; i++)
		convoy->error = ask(self, &convoy->latency_ns[i]);
	lock_release(config->lock, &self->seat);
	atomic_store(&convoy->over, true);
	shutdown(convoy->io_end, SHUT_RDWR);
	return NULL;
}

static void *computing_main(void *arg)
{
	struct convoy_thread *self = arg;
	struct lock *lock = self->convoy->config->lock;

	announce(ANNOUNCE_SEAT, &self->seat);
	lock_enter(lock, &self->seat);
	atomic_fetch_add(&self->convoy->computing, 1);
	while (!atomic_load_explicit(&self->convoy->over, memory_order_relaxed)) {
		lock_step_begin(lock, &self->seat);
		compute(ROUNDS_PER_STEP);
		self->steps++;
		lock_step_end(lock, &self->seat);
	}
	lock_leave(lock, &self->seat);
	return NULL;
}

/* If one cannot be started, the others see that it is over. */
static int run_threads(struct convoy *convoy)
{
	uint32_t count = convoy->config->cpu_threads + 2, started;
	int err = 0;

	for (started = 0; started < count; started++) {
		struct convoy_thread *thread = &convoy->threads[started];
		void *(*thread_main)(void *) = started == 0 ? io_main :
					       started == 1 ? peer_main : computing_main;

		thread->convoy = convoy;
		err = -pthread_create(&thread->thread, NULL, thread_main, thread);
		if (err)
			break;
	}
	if (err)
		return err;	/* the caller ends the process, and those already started */
	for (uint32_t i = 0; i < started; i++)
		pthread_join(convoy->threads[i].thread, NULL);
	return convoy->error;
}

int convoy_run(const struct convoy_config *config, uint64_t *latency_ns, uint64_t *steps)
{
	size_t bytes = sizeof(struct convoy) +
		       (config->cpu_threads + 2) * sizeof(struct convoy_thread);
	struct convoy *convoy = aligned_alloc(64, (bytes + 63) / 64 * 64);
	int ends[2], err;

	if (!convoy)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		free(convoy);
		return -errno;
	}
	*convoy = (struct convoy){ .config = config, .latency_ns = latency_ns,
				   .io_end = ends[0], .peer_end = ends[1] };
	for (uint32_t i = 0; i < config->cpu_threads + 2; i++)
		convoy->threads[i] = (struct convoy_thread){ 0 };
	err = run_threads(convoy);
	if (err)
		return err;
	*steps = 0;
	for (uint32_t i = 2; i < config->cpu_threads + 2; i++)
		*steps += convoy->threads[i].steps;
	close(ends[0]);
	close(ends[1]);
	free(convoy);
	return 0;
}
