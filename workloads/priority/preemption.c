// SPDX-License-Identifier: GPL-2.0-or-later
// A thread sleeps and wakes up by timer while an ordinary spinner has the CPU: how long until it
// runs? A real-time thread is to take the CPU at once (sched(7)), without the end of a slice.
//
// As in cyclictest (rt-tests) the latency is the time since the wanted moment, so it holds the
// timer's own delay too.
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "include/clock.h"
#include "crowd/kernel_sched.h"
#include "objects/mt19937.h"
#include "priority/priority.h"
#include "crowd/realtime.h"

/* From one wake-up to the next: this, and up to as much again, so that no tick is met. */
#define PAUSE_NS 1000000

/* The kernel ends the process if the thread, which mostly sleeps, runs that long. */
#define LIMIT_MS 500

struct sleeper {
	const struct priority_options *options;
	uint64_t *late_ns;
	int error;
};

static void sleep_and_wake(struct sleeper *sleeper)
{
	struct mt19937 random = { 0 };

	mt_seed(&random, 1);
	for (unsigned int i = 0; i < sleeper->options->wakes; i++) {
		uint64_t pause = (uint64_t)((1 + mt_random_double(&random)) * PAUSE_NS);
		uint64_t wanted = clock_now_ns() + pause;
		const struct timespec time = clock_timespec(wanted);

		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL))
			;
		sleeper->late_ns[i] = clock_now_ns() - wanted;
	}
}

/* An ordinary thread's timers may come 50 us late, a real-time one's may not: alike for both. */
static void *sleeper_main(void *arg)
{
	struct sleeper *sleeper = arg;
	const struct priority_options *options = sleeper->options;
	struct realtime before;

	prctl(PR_SET_NAME, "sleeper");
	prctl(PR_SET_TIMERSLACK, 1UL);
	sleeper->error = realtime_enter(&before, options->policy, options->priority);
	if (sleeper->error)
		return NULL;
	sleeper->error = spinner_confine(options->cpu);
	if (!sleeper->error)
		sleep_and_wake(sleeper);
	realtime_leave(&before);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void print_latency(uint64_t *late_ns, unsigned int count)
{
	size_t middle = count / 2, late = (size_t)count * 99 / 100;
	uint64_t tick = kernel_tick_ns();

	qsort(late_ns, count, sizeof(*late_ns), compare);
	evidence("wake_latency_ns", "p50", (double)late_ns[middle], "ns");
	evidence("wake_latency_ns", "p99", (double)late_ns[late], "ns");
	evidence("wake_latency_ns", "max", (double)late_ns[count - 1], "ns");
	if (tick)
		evidence("kernel_tick_ns", "-", (double)tick, "ns");
}

static int wake_beside_spinner(struct sleeper *sleeper)
{
	const struct spinners_config config = { .kind = SPINNER_THREADS, .count = 1,
						.cpu = sleeper->options->cpu };
	struct spinners *spinners;
	pthread_t thread;
	int err = spinners_start(&spinners, &config);

	if (!err)
		err = -pthread_create(&thread, NULL, sleeper_main, sleeper);
	if (!err) {
		pthread_join(thread, NULL);
		err = sleeper->error;
	}
	spinners_stop(spinners);
	return err;
}

int priority_preemption(const struct priority_options *options, struct window *window)
{
	struct sleeper sleeper = { .options = options,
				   .late_ns = calloc(options->wakes, sizeof(uint64_t)) };
	int err = sleeper.late_ns ? 0 : -ENOMEM;

	if (!err && realtime_policy(options->policy))
		err = realtime_guard(options->cpu, LIMIT_MS);
	window_open(window, NULL);
	if (!err)
		err = wake_beside_spinner(&sleeper);
	window_close(window);
	if (!err)
		print_latency(sleeper.late_ns, options->wakes);
	free(sleeper.late_ns);
	return err;
}
