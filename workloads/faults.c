// SPDX-License-Identifier: GPL-2.0-or-later
// The price of a minor page fault: a page of fresh anonymous memory that is written to.
//
// Pages are touched once, which faults, and once more, which is the touch alone and is
// subtracted. Then the kernel takes them back (madvise MADV_DONTNEED), and so on; that part
// is not timed. Prints the median of several equal batches.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kit/arguments.h"
#include "include/clock.h"
#include "kit/evidence.h"

#define MAX_BATCHES 1001

struct options {
	uint64_t pages;
	uint64_t batches;
};

struct job {
	struct options options;
	unsigned char *memory;
	size_t page;
	double fault_ns[MAX_BATCHES];
	uint64_t faults;
};

static const struct argp_option argp_options[] = {
	{ "pages", 'p', "N", 0, "pages touched in a batch (default: 512)", 0 },
	{ "batches", 'n', "N", 0, "batches, of which the median counts (default: 51)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'p': options->pages = argument_number(state, "pages", arg, 1, 262144); break;
	case 'n': options->batches = argument_number(state, "batches", arg, 1, MAX_BATCHES); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* The time to write to each page once, each, in ns. */
static double touch_ns(struct job *job)
{
	uint64_t start = clock_now_ns();

	for (uint64_t i = 0; i < job->options.pages; i++)
		*(volatile unsigned char *)(job->memory + i * job->page) = 1;
	return (double)(clock_now_ns() - start) / (double)job->options.pages;
}

static uint64_t faults_now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_minflt;
}

static int time_batch(struct job *job, double *each_ns)
{
	uint64_t before = faults_now();

	*each_ns = touch_ns(job);
	job->faults += faults_now() - before;
	*each_ns -= touch_ns(job);
	return madvise(job->memory, job->options.pages * job->page, MADV_DONTNEED) ? -errno : 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int run(struct job *job, struct window *window)
{
	size_t size = job->options.pages * job->page;
	double warm_up;
	int err;

	job->memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (job->memory == MAP_FAILED)
		return -errno;
	/* A huge page would be one fault for 512 of these; a kernel without them says EINVAL. */
	madvise(job->memory, size, MADV_NOHUGEPAGE);
	window_open(window, NULL);
	err = time_batch(job, &warm_up);
	job->faults = 0;
	for (uint64_t i = 0; i < job->options.batches && !err; i++)
		err = time_batch(job, &job->fault_ns[i]);
	window_close(window);
	munmap(job->memory, size);
	return err;
}

static void report(struct job *job)
{
	size_t count = job->options.batches;

	qsort(job->fault_ns, count, sizeof(job->fault_ns[0]), by_value);
	evidence("fault_ns", "anonymous",
		 (job->fault_ns[(count - 1) / 2] + job->fault_ns[count / 2]) / 2, "ns");
	evidence("faults_expected", "anonymous", (double)(job->options.pages * count), "count");
	evidence("faults_counted", "anonymous", (double)job->faults, "count");
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL,
		"Time a minor page fault.", NULL, NULL, NULL };
	static struct job job = { .options = { .pages = 512, .batches = 51 } };
	struct window window;
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &job.options);
	job.page = (size_t)sysconf(_SC_PAGESIZE);
	err = run(&job, &window);
	if (err) {
		fprintf(stderr, "faults: %s\n", strerror(-err));
		return 1;
	}
	report(&job);
	window_print(&window);
	return 0;
}
