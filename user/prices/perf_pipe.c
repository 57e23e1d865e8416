// SPDX-License-Identifier: GPL-2.0-or-later
// Runs perf's own benchmark of switching, and reads its figure.
#include "prices/perf_pipe.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run/drive.h"
#include "run/run.h"
#include "program/path.h"

/*
 * perf gives the mean of all operations, other people's time slices included: these only ever
 * add. Of several short runs the quickest has seen the fewest of them.
 */
#define RUNS 5
#define OPERATIONS "2000"
#define TIMEOUT_MS 30000

int perf_pipe__find(char *why, size_t size)
{
	char path[PATH_MAX];
	int err = path__find("perf", path, sizeof(path));

	if (err)
		snprintf(why, size, "perf is not installed; apt-get install linux-perf");
	return err;
}

double perf_pipe__parse(const char *text)
{
	const char *unit = strstr(text, " usecs/op");
	const char *start = unit;
	double us;

	if (!unit)
		return NAN;
	while (start > text && strchr("0123456789.", start[-1]))
		start--;
	return sscanf(start, "%lf", &us) == 1 ? us * 1000 : NAN;
}

static double read_figure(int fd)
{
	char text[4096];
	ssize_t got = pread(fd, text, sizeof(text) - 1, 0);

	text[got > 0 ? got : 0] = '\0';
	return perf_pipe__parse(text);
}

static int run_with(int fd, const char *cpu, const struct target_user *user, double *operation_ns,
		    char *why, size_t size)
{
	char *argv[] = { "perf", "bench", "sched", "pipe", "-T", "-l", OPERATIONS, NULL };
	const struct run_spec spec = {
		.target = { .argv = argv, .search_path = true, .cpus = cpu, .stdout_fd = fd,
			    .stderr_fd = fd, .user = *user, .own_group = true },
		.timeout_ms = TIMEOUT_MS,
	};
	struct run run = { 0 };
	int err;

	columns__clear(&rows__runs, &run.row);
	err = run__once(NULL, &spec, &run);
	*operation_ns = err ? NAN : read_figure(fd);
	if (err)
		snprintf(why, size, "%.200s", run.error);
	else if (run.row.exit_status || isnan(*operation_ns))
		snprintf(why, size, "perf bench sched pipe ended with status %ld and no figure",
			 (long)run.row.exit_status);
	run__free(&run);
	return err ? err : isnan(*operation_ns) ? -EBADMSG : 0;
}

static int run_once(const char *cpu, const struct target_user *user, double *operation_ns,
		    char *why, size_t size)
{
	int fd = memfd_create("perf", MFD_CLOEXEC);
	int err;

	if (fd < 0) {
		err = -errno;
		snprintf(why, size, "%s", strerror(-err));
		return err;
	}
	err = run_with(fd, cpu, user, operation_ns, why, size);
	close(fd);
	return err;
}

int perf_pipe__run(const char *cpu, const struct target_user *user, double *operation_ns,
		   char *why, size_t size)
{
	double best = INFINITY, ns = INFINITY;

	for (int i = 0; i < RUNS; i++) {
		int err = run_once(cpu, user, &ns, why, size);

		if (err)
			return err;
		best = fmin(best, ns);
	}
	*operation_ns = best;
	return 0;
}
