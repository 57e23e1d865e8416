// SPDX-License-Identifier: GPL-2.0-or-later
// A workload that fails, in whichever way a test wants.
//
// Stands in for any workload: it takes every option and looks only at --how and
// --workers; without --how, the environment variable MISBEHAVE decides.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "include/announce.h"
#include "include/clock.h"

#define LINGER_SECONDS 300

/* What oom may use: enough to start, little enough to fail soon and harm nobody. */
#define OOM_LIMIT (256UL << 20)
#define OOM_STEP (1UL << 20)

static const char *workers = "1";

static int crash(void)
{
	/* Default action, and no core file: the signal is what counts. */
	const struct rlimit none = { 0, 0 };
	volatile char *forbidden = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	setrlimit(RLIMIT_CORE, &none);
	signal(SIGSEGV, SIG_DFL);
	*forbidden = 1;
	return 0;
}

static int hang(void)
{
	for (;;)
		pause();
	return 0;
}

static int exit3(void)
{
	fprintf(stderr, "misbehave: exits with 3, as asked\n");
	return 3;
}

static int silent(void)
{
	return 0;
}

/* Bytes that are no text, no number, no line; a NUL among them. */
static int garbage(void)
{
	for (unsigned int i = 0; i < 4096; i++)
		putchar((int)(i * 2654435761u >> 13 & 0xff));
	return 0;
}

static void print_report(uint64_t wall_ns)
{
	printf("wall_ns %lu\nuser_ns 0\nsys_ns 0\n", wall_ns);
	printf("switches_voluntary 0\nswitches_involuntary 0\n");
	printf("faults_minor 0\nfaults_major 0\nmax_rss_bytes 0\n");
	printf("acquisitions 0\nreleases 0\nhandoffs 0\n");
	printf("tasks_done %s\nobjects_allocated 0\nobjects_freed 0\nmaximum 0\n", workers);
}

/* A good report, and a child (named lingerer) that outlives it in its process group. */
static int fork_and_linger(void)
{
	uint64_t start = clock_now_ns();
	pid_t child = fork();

	if (child < 0) {
		perror("misbehave: fork");
		return 1;
	}
	if (child == 0) {
		prctl(PR_SET_NAME, "lingerer");
		sleep(LINGER_SECONDS);
		_exit(0);
	}
	announce(ANNOUNCE_WINDOW_CLOSE, NULL);
	print_report(clock_now_ns() - start);
	printf("child_pid %d\n", (int)child);
	return 0;
}

/* Under a limit of its own, so that the machine does not go out of memory with it. */
static int oom(void)
{
	const struct rlimit limit = { OOM_LIMIT, OOM_LIMIT };
	static void **chunks;	/* each begins with the address of the one before */
	size_t bytes = 0;
	void **chunk;

	if (setrlimit(RLIMIT_AS, &limit)) {
		perror("misbehave: setrlimit");
		return 1;
	}
	while ((chunk = malloc(OOM_STEP)) != NULL) {
		memset(chunk, 1, OOM_STEP);
		*chunk = chunks;
		chunks = chunk;
		bytes += OOM_STEP;
	}
	fprintf(stderr, "misbehave: out of memory after %zu bytes\n", bytes);
	return 1;
}

static const struct {
	const char *how;
	int (*run)(void);
} ways[] = {
	{ "crash", crash }, { "hang", hang }, { "exit3", exit3 }, { "silent", silent },
	{ "garbage", garbage }, { "fork-and-linger", fork_and_linger }, { "oom", oom },
};

/* The value of --NAME VALUE or --NAME=VALUE; everything else is ignored. */
static const char *option(char **argv, const char *name)
{
	size_t length = strlen(name);

	for (char **arg = argv + 1; *argv && *arg; arg++) {
		if (strncmp(*arg, name, length) != 0)
			continue;
		if ((*arg)[length] == '=')
			return *arg + length + 1;
		if (!(*arg)[length] && arg[1])
			return arg[1];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const char *how = option(argv, "--how"), *asked = option(argv, "--workers");

	(void)argc;
	if (!how)
		how = getenv("MISBEHAVE");
	if (asked)
		workers = asked;
	for (size_t i = 0; how && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].how, how) != 0)
			continue;
		/* Inside the window: that is where a tracer has most to clean up. */
		announce(ANNOUNCE_WINDOW_OPEN, NULL);
		return ways[i].run();
	}
	fprintf(stderr, "misbehave: --how or MISBEHAVE: crash, hang, exit3, silent, garbage, "
		"fork-and-linger, oom\n");
	return 2;
}
