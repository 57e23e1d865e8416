// SPDX-License-Identifier: GPL-2.0-or-later
// Threads and processes that come and go, and pids that come back.
//
// Three kinds of child, one after the other: one that starts short-lived threads; one whose
// second thread executes the program anew, so that a thread takes over its leader's pid;
// and, by option, one that gets the pid of the child before it.
#include <argp.h>
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A thread's life: a sleep, so that it is switched out at least once. */
#define LIFE_NS 100000

struct options {
	uint64_t forks;		/* children that only start threads */
	uint64_t execs;		/* children that also execute the program anew */
	uint64_t reused;	/* pids to give out a second time */
	uint64_t threads;	/* of each child, and of each program executed anew */
	bool anew;
};

struct counts {
	uint64_t forks, execs, threads, reused_pids;
};

static void fail(const char *what)
{
	fprintf(stderr, "respawn: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *live_shortly(void *arg)
{
	const struct timespec life = { .tv_nsec = LIFE_NS };

	nanosleep(&life, NULL);
	return arg;
}

/* One after the other, so that most of them get the memory of the one before. */
static void start_threads(uint64_t count)
{
	pthread_t thread;

	for (uint64_t i = 0; i < count; i++) {
		errno = pthread_create(&thread, NULL, live_shortly, NULL);
		if (errno)
			fail("pthread_create");
		pthread_join(thread, NULL);
	}
}

/* Not the leader: by execve() it ends all other threads and gets the leader's pid. */
static void *execute_anew(void *arg)
{
	const uint64_t *threads = arg;
	char text[32];

	snprintf(text, sizeof(text), "%lu", *threads);
	execl("/proc/self/exe", "respawn", "--anew", "--threads", text, (char *)NULL);
	fail("exec");
	return NULL;
}

static void child_main(uint64_t threads, bool exec)
{
	pthread_t thread;

	start_threads(threads);
	if (!exec)
		_exit(0);
	errno = pthread_create(&thread, NULL, execute_anew, &threads);
	if (errno)
		fail("pthread_create");
	for (;;)
		pause();
}

/* Wait for a child: did it do all it was to do? */
static void reap(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		fail("waitpid");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	fprintf(stderr, "respawn: child %d failed (status %#x)\n", pid, (unsigned int)status);
	exit(1);
}

static pid_t spawn(uint64_t threads, bool exec)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid == 0)
		child_main(threads, exec);
	reap(pid);
	return pid;
}

/*
 * A child with a pid of our choice (clone3(2), set_tid; needs CAP_CHECKPOINT_RESTORE). It
 * is the pid as the whole machine sees it, which a PID namespace of our own could not reuse.
 * EEXIST: somebody else was given the pid meanwhile.
 */
static bool spawn_with_pid(pid_t wanted, uint64_t threads)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&wanted,
				   .set_tid_size = 1 };
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0 && errno == EEXIST)
		return false;
	if (pid < 0)
		fail("a child with a chosen pid");
	if (pid == 0)
		child_main(threads, false);
	reap(pid);
	return true;
}

static void come_and_go(const struct options *options, struct counts *counts)
{
	uint64_t threads = options->threads;

	for (uint64_t i = 0; i < options->forks; i++, counts->forks++, counts->threads += threads)
		spawn(threads, false);
	for (uint64_t i = 0; i < options->execs; i++, counts->forks++, counts->execs++) {
		spawn(threads, true);
		counts->threads += 2 * threads + 1;
	}
	while (counts->reused_pids < options->reused) {
		pid_t pid = spawn(threads, false);
		bool reused = spawn_with_pid(pid, threads);

		counts->forks += 1 + reused;
		counts->threads += threads * (1 + reused);
		counts->reused_pids += reused;
	}
}

static const struct argp_option argp_options[] = {
	{ "forks", 'f', "N", 0, "children that start threads and end (default: 20)", 0 },
	{ "execs", 'e', "N", 0, "... and then execute the program from a thread (default: 20)", 0 },
	{ "reuse", 'r', "N", 0, "pids to give to a second child; as root (default: 0)", 0 },
	{ "threads", 't', "N", 0, "short-lived threads of each program (default: 5)", 0 },
	{ "anew", 'a', NULL, OPTION_HIDDEN, "executed anew: only the threads", 0 },
	{ 0 },
};

static uint64_t number(struct argp_state *state, const char *text, uint64_t high)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (*end || end == text || value > high)
		argp_error(state, "'%s' is not a whole number from 0 to %lu", text, high);
	return value;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'f': options->forks = number(state, arg, 1000000); break;
	case 'e': options->execs = number(state, arg, 1000000); break;
	case 'r': options->reused = number(state, arg, 1000000); break;
	case 't': options->threads = number(state, arg, 1000000); break;
	case 'a': options->anew = true; break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Start and end threads and processes, and count them.", NULL, NULL, NULL };
	struct options options = { .forks = 20, .execs = 20, .threads = 5 };
	struct counts counts = { 0 };

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (options.anew) {
		start_threads(options.threads);
		return 0;
	}
	come_and_go(&options, &counts);
	printf("forks %lu\nexecs %lu\nthreads %lu\nreused_pids %lu\n", counts.forks, counts.execs,
	       counts.threads, counts.reused_pids);
	return 0;
}
