// SPDX-License-Identifier: GPL-2.0-or-later
// Two spinners of one policy on one CPU: under SCHED_RR each may run for the quantum and then
// goes behind the other; under SCHED_FIFO the first keeps the CPU (sched(7)).
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "include/clock.h"
#include "crowd/kernel_sched.h"
#include "priority/priority.h"
#include "crowd/realtime.h"

#define RUNNERS 2
#define MAX_TURNS 4096

/* Time beyond the wanted one until the kernel ends it. */
#define SPARE_MS 500

/*
 * A turn begins when a runner finds the other's name in last. It writes down the turn before it
 * puts its own name there, so the two never write at once.
 */
struct rotation {
	const struct priority_options *options;
	pthread_barrier_t ready;
	atomic_int error;
	atomic_uint last;
	_Atomic uint64_t end_ns;
	unsigned int turns;
	uint64_t began_ns[MAX_TURNS];
};

struct runner {
	struct rotation *rotation;
	unsigned int number;		/* from 1 */
	pthread_t thread;
	uint64_t preempted;		/* as the kernel has counted */
	uint64_t quantum_ns;
};

static void take_turns(struct runner *runner)
{
	struct rotation *rotation = runner->rotation;
	uint64_t end = atomic_load(&rotation->end_ns), now;

	while ((now = clock_now_ns()) < end) {
		if (atomic_load(&rotation->last) != runner->number) {
			if (rotation->turns < MAX_TURNS)
				rotation->began_ns[rotation->turns++] = now;
			atomic_store(&rotation->last, runner->number);
		}
		spinner_turn();
	}
}

static uint64_t preempted_so_far(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) ? 0 : (uint64_t)usage.ru_nivcsw;
}

static void *runner_main(void *arg)
{
	struct runner *runner = arg;
	struct rotation *rotation = runner->rotation;
	const struct priority_options *options = rotation->options;
	struct realtime before;
	int none = 0, err;

	prctl(PR_SET_NAME, "runner");
	err = realtime_enter(&before, options->policy, options->priority);
	if (err)
		atomic_compare_exchange_strong(&rotation->error, &none, err);
	else
		spinner_confine(options->cpu);
	pthread_barrier_wait(&rotation->ready);
	pthread_barrier_wait(&rotation->ready);
	if (atomic_load(&rotation->error) == 0) {
		runner->quantum_ns = kernel_quantum_ns(0);
		runner->preempted = preempted_so_far();
		take_turns(runner);
		runner->preempted = preempted_so_far() - runner->preempted;
	}
	if (!err)
		realtime_leave(&before);
	return NULL;
}

/* The time is set once both are there; the second barrier lets them go. */
static int run_both(struct rotation *rotation, struct runner *runners)
{
	unsigned int started;
	int err = 0;

	for (started = 0; started < RUNNERS && !err; started += !err) {
		runners[started] = (struct runner){ .rotation = rotation, .number = started + 1 };
		err = -pthread_create(&runners[started].thread, NULL, runner_main,
				      &runners[started]);
	}
	if (err)
		return err;	/* one waits for the other: the caller ends the process */
	pthread_barrier_wait(&rotation->ready);
	atomic_store(&rotation->end_ns,
		     clock_now_ns() + rotation->options->ms * 1000000ULL);
	pthread_barrier_wait(&rotation->ready);
	for (unsigned int i = 0; i < RUNNERS; i++)
		pthread_join(runners[i].thread, NULL);
	return atomic_load(&rotation->error);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The middle one of the whole turns; the last is cut by the end. 0: there is none. */
static uint64_t middle_turn_ns(const struct rotation *rotation)
{
	uint64_t lengths[MAX_TURNS] = { 0 };
	unsigned int count = rotation->turns ? rotation->turns - 1 : 0;

	for (unsigned int i = 0; i < count; i++)
		lengths[i] = rotation->began_ns[i + 1] - rotation->began_ns[i];
	qsort(lengths, count, sizeof(*lengths), compare);
	return count ? lengths[count / 2] : 0;
}

static void print_turns(const struct rotation *rotation, const struct runner *runners)
{
	uint64_t quantum = runners[0].quantum_ns, turn = middle_turn_ns(rotation);

	evidence("turns", "-", rotation->turns, "count");
	evidence("turns_preempted", "-", (double)(runners[0].preempted + runners[1].preempted),
		 "count");
	if (turn)
		evidence("turn_ns", "-", (double)turn, "ns");
	if (quantum) {
		evidence("quantum_ns", "-", (double)quantum, "ns");
		evidence("turns_expected", "-",
			 (double)rotation->options->ms * 1e6 / (double)quantum, "count");
	}
}

static int rotate(struct rotation *rotation, struct window *window)
{
	const struct priority_options *options = rotation->options;
	struct runner runners[RUNNERS];
	int err = 0;

	if (realtime_policy(options->policy))
		err = realtime_guard(options->cpu, options->ms + SPARE_MS);
	window_open(window, NULL);
	if (!err)
		err = run_both(rotation, runners);
	window_close(window);
	if (!err)
		print_turns(rotation, runners);
	return err;
}

int priority_rotation(const struct priority_options *options, struct window *window)
{
	struct rotation *rotation = calloc(1, sizeof(*rotation));
	int err = rotation ? 0 : -ENOMEM;

	if (!err) {
		rotation->options = options;
		err = -pthread_barrier_init(&rotation->ready, NULL, RUNNERS + 1);
	}
	if (!err)
		err = rotate(rotation, window);
	if (rotation)
		pthread_barrier_destroy(&rotation->ready);
	free(rotation);
	return err;
}
