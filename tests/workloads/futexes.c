// SPDX-License-Identifier: GPL-2.0-or-later
// Plants futex waits and wakes at one address, planted_word, and measures them itself.
//
// One thread waits exactly so many times, the other sees it asleep and wakes it; then so many
// waits are left to time out. The time slept is a pair: from the first to the last look that
// found the sleeper asleep (low), and between its clock reads around the call (high).
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "include/clock.h"

/* The time-out of a wait that is to be woken: never reached. */
#define NEVER_NS (600 * NSEC_PER_SEC)

struct options {
	uint64_t count;		/* waits that are woken */
	uint64_t timeouts;	/* waits that nobody wakes */
	uint64_t dead_ns;	/* how long the sleeper is left asleep, and a time-out */
	bool bitset;
	bool timed;		/* woken waits have a time-out too */
	bool shared;		/* without FUTEX_PRIVATE_FLAG */
};

/* Only the sleeper and the waker use it: threads are started and joined by other futexes. */
static atomic_uint planted_word;

static struct options options = { .count = 1000, .dead_ns = 100 * NSEC_PER_USEC };
static atomic_int sleeper_stat = -1;	/* its /proc/self/task/TID/stat */
static _Atomic uint64_t begun, ended;	/* waits; only the sleeper writes them */

/* What happened, each written by one thread. */
static uint64_t waits, woken, timeouts, refused;
static uint64_t wakes, wakes_for_nobody;
static uint64_t slept_ns[2];
static atomic_int sleeper_tid;

static void fail(const char *what)
{
	fprintf(stderr, "futexes: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int operation(int op)
{
	return options.shared ? op : op | FUTEX_PRIVATE_FLAG;
}

/* FUTEX_WAIT takes a length of time, FUTEX_WAIT_BITSET a point in time (futex(2)). */
static long futex_wait(unsigned int value, uint64_t timeout_ns)
{
	uint64_t from_ns = options.bitset ? clock_now_ns() : 0;
	struct timespec timeout = clock_timespec(from_ns + timeout_ns);
	struct timespec *until = timeout_ns ? &timeout : NULL;

	if (options.bitset)
		return syscall(SYS_futex, &planted_word, operation(FUTEX_WAIT_BITSET), value, until,
			       NULL, FUTEX_BITSET_MATCH_ANY);
	return syscall(SYS_futex, &planted_word, operation(FUTEX_WAIT), value, until, NULL, 0);
}

/* --- the sleeper --------------------------------------------------------------- */

static void wait_once(uint64_t timeout_ns)
{
	unsigned int value = atomic_load(&planted_word);
	uint64_t before;
	long error;

	atomic_fetch_add(&begun, 1);
	before = clock_now_ns();
	error = futex_wait(value, timeout_ns) ? errno : 0;
	slept_ns[1] += clock_now_ns() - before;
	atomic_fetch_add(&ended, 1);
	waits++;
	if (!error)
		woken++;
	else if (error == ETIMEDOUT)
		timeouts++;
	else
		refused++;
}

static void *sleeper_main(void *arg)
{
	int fd = open("/proc/thread-self/stat", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail("/proc/thread-self/stat");
	atomic_store(&sleeper_tid, (int)syscall(SYS_gettid));
	atomic_store(&sleeper_stat, fd);
	for (uint64_t i = 0; i < options.count; i++) {
		wait_once(options.timed ? NEVER_NS : 0);
		/* Not into the next wait before the waker has finished with this one. */
		while (atomic_load(&planted_word) != i + 1)
			sched_yield();
	}
	for (uint64_t i = 0; i < options.timeouts; i++)
		wait_once(options.dead_ns);
	return arg;
}

/* --- the waker ----------------------------------------------------------------- */

/* 'S' in its stat file: it has really gone to sleep. After its last wait it may be gone. */
static bool is_asleep(void)
{
	char text[256], *end;
	ssize_t got = pread(atomic_load(&sleeper_stat), text, sizeof(text) - 1, 0);

	if (got < 0 && errno == ESRCH)
		return false;
	if (got <= 0)
		fail("the sleeper's stat");
	text[got] = '\0';
	end = strrchr(text, ')');
	return end && end[1] == ' ' && end[2] == 'S';
}

static uint64_t since(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

/* Watch a wait until it ends, or for so long; add the time the sleeper was seen asleep. */
static void watch(uint64_t number, uint64_t length_ns)
{
	uint64_t first = 0, last = 0;

	while (atomic_load(&begun) <= number)
		sched_yield();
	while (atomic_load(&ended) <= number && (!first || since(first, last) < length_ns)) {
		uint64_t now = clock_now_ns();

		if (!is_asleep())
			continue;
		/* The first look found it asleep only at its end, the last already at its start. */
		last = now;
		if (!first)
			first = clock_now_ns();
	}
	slept_ns[0] += since(first, last);
}

static void wake_once(uint64_t number)
{
	watch(number, options.dead_ns);
	atomic_store(&planted_word, (unsigned int)number + 1);
	if (syscall(SYS_futex, &planted_word, operation(FUTEX_WAKE), 1, NULL, NULL, 0) == 1)
		wakes++;
	else
		wakes_for_nobody++;
}

static void *waker_main(void *arg)
{
	while (atomic_load(&sleeper_stat) < 0)
		sched_yield();
	for (uint64_t i = 0; i < options.count; i++)
		wake_once(i);
	for (uint64_t i = 0; i < options.timeouts; i++)
		watch(options.count + i, UINT64_MAX);
	return arg;
}

static void start(pthread_t *thread, void *(*body)(void *))
{
	errno = pthread_create(thread, NULL, body, NULL);
	if (errno)
		fail("pthread_create");
}

/* --- the command line ---------------------------------------------------------- */

static const struct argp_option argp_options[] = {
	{ "count", 'n', "N", 0, "waits that are woken (default: 1000)", 0 },
	{ "timeouts", 'x', "N", 0, "then waits that nobody wakes (default: 0)", 0 },
	{ "us", 'u', "N", 0, "microseconds of each (default: 100)", 0 },
	{ "bitset", 'b', NULL, 0, "by FUTEX_WAIT_BITSET, not FUTEX_WAIT", 0 },
	{ "timed", 't', NULL, 0, "waits that are woken have a time-out too", 0 },
	{ "shared", 's', NULL, 0, "without FUTEX_PRIVATE_FLAG", 0 },
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
	switch (key) {
	case 'n': options.count = number(state, arg, 0, 10000000); break;
	case 'x': options.timeouts = number(state, arg, 0, 10000000); break;
	case 'u': options.dead_ns = NSEC_PER_USEC * number(state, arg, 1, 10000000); break;
	case 'b': options.bitset = true; break;
	case 't': options.timed = true; break;
	case 's': options.shared = true; break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Wait for a futex, wake it, and print what really happened.", NULL, NULL, NULL };
	pthread_t sleeper, waker;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	start(&sleeper, sleeper_main);
	start(&waker, waker_main);
	pthread_join(sleeper, NULL);
	pthread_join(waker, NULL);
	printf("sleeper %d\nwaits %lu\nwoken %lu\n", atomic_load(&sleeper_tid), waits, woken);
	printf("timeouts %lu\nrefused %lu\n", timeouts, refused);
	printf("wakes %lu\nwakes_for_nobody %lu\n", wakes, wakes_for_nobody);
	printf("slept_low_ns %lu\nslept_high_ns %lu\n", slept_ns[0], slept_ns[1]);
	return 0;
}
