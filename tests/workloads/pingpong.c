// SPDX-License-Identifier: GPL-2.0-or-later
// Two threads that do nothing but switch: the yardstick for the cost of a switch.
//
// They pass a turn to and fro over two pipes or one futex. Nothing is timed but the
// whole, so a tracer's cost per switch is the difference between two walls divided by
// the switches. Three depths: no seat; seats that are only looked at; a lock that
// changes hands every time, announced as real locks announce it.
#include <argp.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../workloads/locks/lock.h"

/* Before the first turn; no player's number. */
#define NOBODY 2u

struct options {
	uint64_t count;		/* round trips */
	bool pipes;
	bool same_cpu;
	int cpu;		/* the one CPU; -1: the first allowed */
	bool seats;
	bool lock;
};

struct game {
	struct lock lock;
	struct options options;
	_Alignas(64) atomic_uint turn;	/* a futex: whose turn it is */
	int pipes[2][2];		/* pipes[n] is read by player n */
};

struct player {
	struct announce_seat seat;
	struct game *game;
	pthread_t thread;
	unsigned int number;
};

static int game_init(struct lock *lock)
{
	struct game *game = (struct game *)lock;

	return pipe(game->pipes[0]) || pipe(game->pipes[1]) ? -errno : 0;
}

static void game_destroy(struct lock *lock)
{
	struct game *game = (struct game *)lock;

	for (int i = 0; i < 4; i++)
		close(game->pipes[i / 2][i % 2]);
}

static const struct lock_kind turns = {
	.name = "turns",
	.summary = "passed to and fro, by pipes or a futex",
	.shared = true,
	.stamps_always = true,
	.bytes = sizeof(struct game),
	.init = game_init,
	.destroy = game_destroy,
};

static void fail(const char *what)
{
	fprintf(stderr, "pingpong: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void pass_turn(struct game *game, unsigned int to)
{
	if (game->options.pipes) {
		if (write(game->pipes[to][1], "", 1) != 1)
			fail("write");
		return;
	}
	atomic_store(&game->turn, to);
	/* 2: before the first turn both may sleep on it. */
	syscall(SYS_futex, &game->turn, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0);
}

static void await_turn(struct game *game, unsigned int number)
{
	unsigned int turn;
	char byte;

	if (game->options.pipes) {
		if (read(game->pipes[number][0], &byte, 1) != 1)
			fail("read");
		return;
	}
	while ((turn = atomic_load(&game->turn)) != number)
		syscall(SYS_futex, &game->turn, FUTEX_WAIT_PRIVATE, turn, NULL, NULL, 0);
}

/* The other one always waits: it has nothing else to do. */
static void let_go(struct player *player, bool wanted)
{
	lock_letting_go(&player->game->lock, &player->seat, wanted, false);
	player->seat.state = SEAT_WAITING;
}

static void *play(void *arg)
{
	struct player *player = arg;
	struct game *game = player->game;
	bool lock = game->options.lock;

	if (game->options.seats || lock)
		announce(ANNOUNCE_SEAT, &player->seat);
	player->seat.state = SEAT_WAITING;
	for (uint64_t left = game->options.count; left; left--) {
		bool last = left == 1 && player->number == 1;

		await_turn(game, player->number);
		if (lock)
			lock_taken(&game->lock, &player->seat);
		if (lock)
			let_go(player, !last);
		if (!last)
			pass_turn(game, !player->number);
	}
	return NULL;
}

static int first_cpu(void)
{
	cpu_set_t set;
	int cpu = 0;

	sched_getaffinity(0, sizeof(set), &set);
	while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &set))
		cpu++;
	return cpu;
}

static void confine_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("sched_setaffinity");
}

/* Player 0 waits for its first turn too: main passes it. */
static void play_both(struct game *game)
{
	struct player players[2] = { { .number = 0 }, { .number = 1 } };

	atomic_store(&game->turn, NOBODY);
	for (int i = 0; i < 2; i++) {
		players[i].game = game;
		if (pthread_create(&players[i].thread, NULL, play, &players[i]))
			fail("pthread_create");
	}
	pass_turn(game, 0);
	for (int i = 0; i < 2; i++)
		pthread_join(players[i].thread, NULL);
}

static void run(struct game *game)
{
	bool seated = game->options.lock || game->options.seats;
	const struct announce_lock *page = seated ? lock_page(&game->lock) : NULL;
	struct rusage before, after;
	uint64_t start, wall;

	announce(ANNOUNCE_WINDOW_OPEN, page);
	getrusage(RUSAGE_SELF, &before);
	start = clock_now_ns();
	play_both(game);
	wall = clock_now_ns() - start;
	getrusage(RUSAGE_SELF, &after);
	announce(ANNOUNCE_WINDOW_CLOSE, page);
	after.ru_nvcsw -= before.ru_nvcsw;
	after.ru_nivcsw -= before.ru_nivcsw;
	printf("wall_ns %lu\nround_trips %lu\n", wall, game->options.count);
	printf("switches %ld\nswitches_voluntary %ld\nswitches_involuntary %ld\n",
	       after.ru_nvcsw + after.ru_nivcsw, after.ru_nvcsw, after.ru_nivcsw);
	printf("acquisitions %lu\nhandoffs %lu\n", (unsigned long)game->lock.page.acquisitions,
	       (unsigned long)game->lock.page.handoffs);
}

static const struct argp_option argp_options[] = {
	{ "count", 'n', "N", 0, "round trips (default: 100000)", 0 },
	{ "by", 'b', "HOW", 0, "pipe or futex (default: futex)", 0 },
	{ "same-cpu", 's', NULL, 0, "both threads on one CPU", 0 },
	{ "cpu", 'c', "N", 0, "... on this one", 0 },
	{ "idle-seat", 'i', NULL, 0, "threads have seats, no lock is passed", 0 },
	{ "lock", 'l', NULL, 0, "threads have seats, and a lock goes with the turn", 0 },
	{ 0 },
};

static uint64_t number(struct argp_state *state, const char *text, uint64_t low, uint64_t high)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (*end || end == text || value < low || value > high)
		argp_error(state, "'%s' is not a whole number from %lu to %lu", text, low, high);
	return value;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'n': options->count = number(state, arg, 1, 1000000000); break;
	case 'b':
		options->pipes = strcmp(arg, "pipe") == 0;
		if (!options->pipes && strcmp(arg, "futex") != 0)
			argp_error(state, "--by: '%s' is not pipe or futex", arg);
		break;
	case 's': options->same_cpu = true; break;
	case 'c':
		options->same_cpu = true;
		options->cpu = (int)number(state, arg, 0, CPU_SETSIZE - 1);
		break;
	case 'i': options->seats = true; break;
	case 'l': options->lock = true; break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Pass a turn between two threads, and time the whole.", NULL, NULL, NULL };
	struct options options = { .count = 100000, .cpu = -1 };
	struct lock *lock;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	lock = lock_new(&turns, 0);
	if (!lock)
		fail("no lock");
	if (options.same_cpu)
		confine_to(options.cpu < 0 ? first_cpu() : options.cpu);
	((struct game *)lock)->options = options;
	run((struct game *)lock);
	lock_free(lock);
	return 0;
}
