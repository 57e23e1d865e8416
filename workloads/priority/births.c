// SPDX-License-Identifier: GPL-2.0-or-later
// Forks children that end at once, on a CPU that it shares with a spinner, and sets as many
// marks at which nothing happens, in random order: what follows a fork is then compared with
// what follows a moment like any other.
//
// After each the program keeps running for a while. Would it wait for its child, its own going
// to sleep would be the next switch, and not the scheduler's doing.
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "include/announce.h"
#include "include/clock.h"
#include "objects/mt19937.h"
#include "priority/priority.h"

/* Before each event up to this, for it to meet a slice anywhere; and after it. */
#define BEFORE_NS 1000000.0
#define AFTER_NS 500000

static void work_for(uint64_t ns)
{
	uint64_t end = clock_now_ns() + ns;

	while (clock_now_ns() < end)
		spinner_turn();
}

static int fork_and_reap(void)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(0);
	work_for(AFTER_NS);
	return waitpid(pid, NULL, 0) == pid ? 0 : -errno;
}

static void mark(void)
{
	announce(ANNOUNCE_MARK, NULL);
	work_for(AFTER_NS);
}

static int forks_and_marks(unsigned int count)
{
	unsigned int forks = count, marks = count;
	struct mt19937 random = { 0 };
	int err = 0;

	mt_seed(&random, 1);
	while (forks + marks && !err) {
		bool forks_now = mt_random_double(&random) * (forks + marks) < forks;

		work_for((uint64_t)(mt_random_double(&random) * BEFORE_NS));
		if (forks_now)
			err = fork_and_reap();
		else
			mark();
		forks -= forks_now;
		marks -= !forks_now;
	}
	return err;
}

int priority_births(const struct priority_options *options, struct window *window)
{
	const struct spinners_config config = { .kind = SPINNER_THREADS, .count = 1,
						.cpu = options->cpu };
	struct spinners *spinners = NULL;
	int err;

	window_open(window, NULL);
	err = spinners_start(&spinners, &config);
	if (!err)
		err = spinner_confine(options->cpu);
	if (!err)
		err = forks_and_marks(options->forks);
	spinners_stop(spinners);
	window_close(window);
	if (!err) {
		evidence("births", "forks", options->forks, "count");
		evidence("births", "marks", options->forks, "count");
	}
	return err;
}
